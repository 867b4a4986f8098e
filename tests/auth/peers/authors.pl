# Reads From fields with Mail::Address, as Mail::DKIM does, and where it is there with Email::Address::XS (Debian:
# libmailtools-perl, libemail-address-xs-perl), as authors.py does with Python's readers.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;

eval { require Mail::Address; 1 } or exit 77;
my $json    = JSON::PP->new->utf8;
my @readers = 'Mail::Address';
push @readers, 'Email::Address::XS' if eval { require Email::Address::XS; 1 };
local $SIG{__WARN__} = sub { };

binmode STDIN;
binmode STDOUT;
$| = 1;
while ( my $line = <STDIN> ) {
    my $field = decode_base64( $json->decode($line)->{field} );
    my %domains;
    for my $reader (@readers) {
        my @found = eval { map { $_->host } $reader->parse($field) };
        $domains{$reader} = [ map { encode_base64( $_, '' ) } grep { defined && length } @found ];
    }
    print $json->encode( { domains => \%domains } ), "\n";
}
