# Tells the authserv-ids that Perl programs see in Authentication-Results fields, as authres_ids.py does
# (Debian: libmail-authenticationresults-perl).
use strict;
use warnings;
use Encode ();
use JSON::PP;
use MIME::Base64;

eval { require Mail::AuthenticationResults::Parser; 1 } or exit 77;
my $json = JSON::PP->new->utf8;

# As bytes, as text, and with encoded words taken for what they say.
sub texts {
    my ($value) = @_;
    return grep { defined } $value, Encode::decode( 'UTF-8', $value ), Encode::decode( 'latin1', $value ),
        eval { Encode::decode( 'MIME-Header', $value ) };
}

sub ids {
    my ($value) = @_;
    my %found;
    for my $text ( texts($value) ) {
        my $id = eval { Mail::AuthenticationResults::Parser->new->parse($text)->value->value };
        $found{$id} = 1 if defined $id;
    }
    return [ sort keys %found ];
}

$| = 1;
while ( my $line = <STDIN> ) {
    local $SIG{__WARN__} = sub { };
    print $json->encode( [ map { ids( decode_base64($_) ) } @{ $json->decode($line) } ] ), "\n";
}
