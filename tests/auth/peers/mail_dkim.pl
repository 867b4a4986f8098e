# Signs and verifies with Mail::DKIM (Debian: libmail-dkim-perl), as dkimpy.py does with dkimpy.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

eval { require Mail::DKIM::Signer; require Mail::DKIM::Verifier; require Net::DNS; 1 } or exit 77;
my $json = JSON::PP->new->utf8;
my %keys;

{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name) = @_;
        my $record = $keys{ lc $name };
        return unless defined $record;
        my @strings = $record =~ /(.{1,255})/gs;
        return Net::DNS::RR->new( name => $name, type => 'TXT', txtdata => \@strings );
    };
}

sub sign {
    my ($request) = @_;
    my $message = decode_base64( $request->{message} );
    my $signer  = Mail::DKIM::Signer->new(
        Algorithm => $request->{algorithm},
        Method    => "$request->{header}/$request->{body}",
        Domain    => $request->{domain},
        Selector  => $request->{selector},
        KeyFile   => $request->{keyFile},
    );
    $signer->PRINT($message);
    $signer->CLOSE;
    my $field = $signer->signature->as_string;
    $field =~ s/\r?\n/\r\n/g;
    return { message => encode_base64( "$field\r\n$message", '' ) };
}

sub verify {
    my ($request) = @_;
    %keys = %{ $request->{keys} };
    my $verifier = Mail::DKIM::Verifier->new;
    my $passed   = eval {
        $verifier->PRINT( decode_base64( $request->{message} ) );
        $verifier->CLOSE;
        my ($signature) = $verifier->signatures;
        defined $signature && $signature->result eq 'pass';
    };
    my $detail = $@ || eval { $verifier->result_detail } || '';
    return { passed => $passed ? JSON::PP::true : JSON::PP::false, detail => $detail };
}

binmode STDIN;
binmode STDOUT;
$| = 1;
while ( my $line = <STDIN> ) {
    my $request = $json->decode($line);
    my $answer  = eval { $request->{do} eq 'sign' ? sign($request) : verify($request) };
    print $json->encode( $answer // { error => "$@" } ), "\n";
}
