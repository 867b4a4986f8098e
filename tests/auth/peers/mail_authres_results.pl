# Tells the results that Mail::AuthenticationResults reads in fields, as authres_results.py does
# (Debian: libmail-authenticationresults-perl).
use strict;
use warnings;
use Encode ();
use JSON::PP;
use MIME::Base64;

eval { require Mail::AuthenticationResults::Parser; 1 } or exit 77;
my $json = JSON::PP->new->utf8;

sub result {
    my ($entry) = @_;
    my ( $version, $reason, @properties );
    for my $child ( @{ $entry->children } ) {
        my $type = ref $child;
        if ( $type =~ /::Version$/ ) { $version = "" . $child->value }
        next if $type !~ /::SubEntry$/;
        my $key = lc $child->key;
        my $value = defined $child->value ? "" . $child->value : undef;
        if ( $key eq 'reason' ) { $reason = $value }
        else { push @properties, [ split( /\./, $key, 2 ), $value ] }
    }
    return [ lc $entry->key, $version, lc $entry->value, $reason, \@properties ];
}

sub field {
    my ($value) = @_;
    my $header = Mail::AuthenticationResults::Parser->new->parse( Encode::decode( 'UTF-8', $value ) );
    my @entries = grep { ref =~ /::Entry$/ } @{ $header->children };
    return { id => lc $header->value->value, results => [ map { result($_) } @entries ] };
}

$| = 1;
while ( my $line = <STDIN> ) {
    local $SIG{__WARN__} = sub { };
    print $json->encode( [ map { scalar eval { field( decode_base64($_) ) } } @{ $json->decode($line) } ] ), "\n";
}
