# Reads DMARC records with Mail::DMARC (Debian: libmail-dmarc-perl), which follows RFC 7489: one JSON request a line, one JSON
# answer a line.
#
# {"do": "dmarcRecord", "record"} -> {"tags": {name: value} or null}, the record in base64
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

eval { require Mail::DMARC::Policy; 1 } or exit 77;
my $json = JSON::PP->new->utf8;

sub read_record {
    my ($request) = @_;
    local $SIG{__WARN__} = sub { };
    my $policy = eval { Mail::DMARC::Policy->new( decode_base64( $request->{record} ) ) };
    return { tags => undef } if !defined $policy;
    my %tags;
    for my $name (qw(p sp adkim aspf)) {
        $tags{$name} = lc $policy->{$name} if defined $policy->{$name};
    }
    return { tags => \%tags };
}

binmode STDIN;
binmode STDOUT;
$| = 1;
while ( my $line = <STDIN> ) {
    my $request = $json->decode($line);
    my $answer  = eval { read_record($request) };
    print $json->encode( $answer // { error => "$@" } ), "\n";
}
