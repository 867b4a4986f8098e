# Signs the message on standard input with Mail::DKIM (Debian: libmail-dkim-perl).
# Arguments: header canonicalization, body canonicalization, selector, domain, PEM file of an RSA key.
# Exit status 77: the module is not there.
use strict;
use warnings;

eval { require Mail::DKIM::Signer; 1 } or exit 77;
my ($header, $body, $selector, $domain, $key) = @ARGV;
binmode STDIN;
binmode STDOUT;
my $message = do { local $/; <STDIN> };
my $signer = Mail::DKIM::Signer->new(
    Algorithm => 'rsa-sha256', Method => "$header/$body",
    Domain => $domain, Selector => $selector, KeyFile => $key,
);
$signer->PRINT($message);
$signer->CLOSE;
my $signature = $signer->signature->as_string;
$signature =~ s/\r?\n/\r\n/g;
print $signature, "\r\n", $message;
