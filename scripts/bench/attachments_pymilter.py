"""
A filter that looks for attachments with Python's email package, on pymilter (Debian's python3-milter), to compare with.

    python3 attachments_pymilter.py ADDRESS [--content]

It parses the message at its end and refuses one that has a file called *.exe; with --content also one whose decoded content
begins as a program does.
"""

import email
import sys

import Milter


def attachments_filter(looks_at_content):
    class Attachments(Milter.Base):
        def envfrom(self, sender, *args):
            self.pieces = []
            return Milter.CONTINUE

        def header(self, name, value):
            self.pieces.append(("%s: %s\n" % (name, value)).encode("utf-8", "surrogateescape"))
            return Milter.CONTINUE

        def eoh(self):
            self.pieces.append(b"\n")
            return Milter.CONTINUE

        def body(self, chunk):
            self.pieces.append(chunk)
            return Milter.CONTINUE

        def eom(self):
            message = email.message_from_bytes(b"".join(self.pieces))
            for part in message.walk():
                if (part.get_filename() or "").lower().endswith(".exe"):
                    return Milter.REJECT
                if looks_at_content and not part.is_multipart():
                    if part.get_payload(decode=True).startswith(b"MZ"):
                        return Milter.REJECT
            return Milter.CONTINUE

    return Attachments


Milter.factory = attachments_filter("--content" in sys.argv)
Milter.set_flags(0)
Milter.runmilter("attachments", sys.argv[1])
