# Checks SPF with Mail::SPF (Debian: libmail-spf-perl), as pyspf.py does with pyspf.
use strict;
use warnings;
use JSON::PP;

eval { require Mail::SPF; require Net::DNS; 1 } or exit 77;
my $json = JSON::PP->new->utf8;
my %zone;

package ZoneResolver;

sub errorstring { return $_[0]{error} }

sub send {
    my ( $self, $name, $type ) = @_;
    $name = lc $name;
    $name =~ s/\.$//;
    my $packet = Net::DNS::Packet->new( 'question.invalid', 'A' );
    my $types   = $zone{$name};
    my $records = $types && ( $types->{$type} // $types->{'*'} );
    $self->{error} = 'NOERROR';
    $packet->header->qr(1);
    if ( defined $records && !ref $records ) {
        if ( $records eq 'TIMEOUT' ) {
            $self->{error} = 'query timed out';
            return undef;
        }
        $packet->header->rcode('SERVFAIL');
        return $packet;
    }
    if ( !$types ) {
        my $below = grep { /\.\Q$name\E$/ } keys %zone;
        $packet->header->rcode('NXDOMAIN') unless $below;
        return $packet;
    }
    for my $record ( @{ $records // [] } ) {
        my @data =
              $type eq 'TXT' ? ( txtdata => $record )
            : $type eq 'MX'  ? ( preference => $record->[0], exchange => $record->[1] )
            : $type eq 'PTR' ? ( ptrdname => $record )
            :                  ( address => $record );
        $packet->push( answer => Net::DNS::RR->new( owner => $name, type => $type, ttl => 60, @data ) );
    }
    return $packet;
}

package main;

my %servers;

sub server_for {
    my ($port) = @_;
    return $servers{$port} //= Mail::SPF::Server->new(
        dns_resolver => $port
        ? Net::DNS::Resolver->new( nameservers => ['127.0.0.1'], port => $port, retry => 2, retrans => 2 )
        : bless( {}, 'ZoneResolver' ),
        hostname                      => 'unknown',
        default_authority_explanation => 'DEFAULT',
        query_rr_types                => Mail::SPF::Server->query_rr_type_txt,
    );
}

sub check {
    my ($request) = @_;
    %zone = %{ $request->{zone} };
    my $null   = $request->{mailFrom} eq '';
    my $result = server_for( $zone{port} // 0 )->process(
        Mail::SPF::Request->new(
            versions      => [1],
            scope         => $null ? 'helo' : 'mfrom',
            identity      => $null ? $request->{helo} : $request->{mailFrom},
            ip_address    => $request->{client},
            helo_identity => $request->{helo},
        )
    );
    my $explanation = '';
    if ( $result->code eq 'fail' ) {
        $explanation = $result->authority_explanation // '';
        $explanation = '' if $explanation eq 'DEFAULT';
    }
    return { result => $result->code, explanation => "$explanation", detail => '' . $result->local_explanation };
}

binmode STDIN;
binmode STDOUT;
$| = 1;
while ( my $line = <STDIN> ) {
    my $request = $json->decode($line);
    my $answer  = eval { check($request) };
    print $json->encode( $answer // { result => 'error', explanation => '', detail => "$@" } ), "\n";
}
