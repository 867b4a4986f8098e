# A filter that looks for attachments with MIME::Parser, on Sendmail::PMilter (Debian's libmime-tools-perl and
# libsendmail-pmilter-perl), to compare with.
#
#     perl attachments_pmilter.pl ADDRESS [--content]
#
# It parses the message at its end and refuses one that has a file called *.exe; with --content also one whose decoded
# content begins as a program does.
use strict;
use warnings;

use MIME::Parser;
use Sendmail::PMilter qw(:all);

my ($address, $mode) = @ARGV;
my $looks_at_content = ($mode // "") eq "--content";
my $parser = MIME::Parser->new;
# Nothing in files: as fast as it is.
$parser->output_to_core(1);
$parser->tmp_to_core(1);

sub is_refused {
    my ($entity) = @_;
    return 1 if ($entity->head->recommended_filename // "") =~ /\.exe$/i;
    if ($looks_at_content && $entity->bodyhandle) {
        return 1 if substr($entity->bodyhandle->as_string, 0, 2) eq "MZ";
    }
    for my $part ($entity->parts) { return 1 if is_refused($part); }
    return 0;
}

my %callbacks = (
    envfrom => sub { $_[0]->setpriv(""); SMFIS_CONTINUE },
    header  => sub { $_[0]->setpriv($_[0]->getpriv . "$_[1]: $_[2]\n"); SMFIS_CONTINUE },
    eoh     => sub { $_[0]->setpriv($_[0]->getpriv . "\n"); SMFIS_CONTINUE },
    body    => sub { my $text = $_[0]->getpriv; $text .= $_[1]; $_[0]->setpriv($text); SMFIS_CONTINUE },
    eom     => sub { is_refused($parser->parse_data($_[0]->getpriv)) ? SMFIS_REJECT : SMFIS_CONTINUE },
);

my $milter = Sendmail::PMilter->new;
$milter->setconn($address);
$milter->register("attachments", \%callbacks, SMFI_CURR_ACTS);
$milter->set_dispatcher(Sendmail::PMilter::sequential_dispatcher());
$milter->main;
