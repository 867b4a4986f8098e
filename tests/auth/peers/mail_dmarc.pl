# Reads DMARC records with Mail::DMARC (Debian: libmail-dmarc-perl), which follows RFC 7489: one JSON request a line, one JSON
# answer a line.
#
# {"do": "dmarcRecord", "record"} -> {"tags": {name: value} or null}, the record in base64
# {"do": "dmarcMessage", "host", "port", "author", "spf", "dkim"} -> {"result", "policy"}, with the records of a name server;
#     spf is {"result", "domain"} or null, dkim a list of such
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

eval { require Mail::DMARC::PurePerl; require Net::DNS; 1 } or exit 77;
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

my $resolver;

sub judge_message {
    my ($request) = @_;
    local $SIG{__WARN__} = sub { };
    $resolver //= Net::DNS::Resolver->new( nameservers => [ $request->{host} ], port => $request->{port}, dnsrch => 0 );
    my $dmarc = Mail::DMARC::PurePerl->new;
    $dmarc->set_resolver($resolver);
    $dmarc->source_ip('192.0.2.1');
    $dmarc->header_from( $request->{author} );
    my $spf = $request->{spf};
    $dmarc->spf( domain => $spf->{domain}, scope => 'mfrom', result => $spf->{result} ) if $spf;
    $dmarc->dkim( [ map { { domain => $_->{domain}, selector => 's', result => $_->{result} } } @{ $request->{dkim} } ] );
    my $result = $dmarc->validate;
    return { result => $result->result, policy => lc $result->disposition };
}

binmode STDIN;
binmode STDOUT;
$| = 1;
while ( my $line = <STDIN> ) {
    my $request = $json->decode($line);
    my $answer  = eval { $request->{do} eq 'dmarcMessage' ? judge_message($request) : read_record($request) };
    print $json->encode( $answer // { error => "$@" } ), "\n";
}
