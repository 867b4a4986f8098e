"""
The filter to compare with, on pymilter (Debian's python3-milter). Implements every callback and continues at each.

    python3 noop_pymilter.py ADDRESS [--nr] [--add]

--nr negotiates "no reply" for every stage that the MTA offers it for; --add adds one header field at end of message.
"""

import argparse

import Milter


def noop_filter(no_replies, add):
    """The filter's class; pymilter negotiates by how its methods are decorated."""
    # The decorator makes a callback return NOREPLY where that was negotiated, and only there.
    reply = Milter.noreply if no_replies else lambda callback: callback

    class Noop(Milter.Base):
        @reply
        def connect(self, hostname, family, hostaddr):
            return Milter.CONTINUE

        @reply
        def hello(self, hostname):
            return Milter.CONTINUE

        @reply
        def envfrom(self, sender, *args):
            return Milter.CONTINUE

        @reply
        def envrcpt(self, recipient, *args):
            return Milter.CONTINUE

        @reply
        def data(self):
            return Milter.CONTINUE

        @reply
        def header(self, name, value):
            return Milter.CONTINUE

        @reply
        def eoh(self):
            return Milter.CONTINUE

        @reply
        def body(self, chunk):
            return Milter.CONTINUE

        @reply
        def unknown(self, command):
            return Milter.CONTINUE

        def eom(self):
            if add:
                self.addheader("X-Bench", "added by the filter")
            return Milter.CONTINUE

        def abort(self):
            return Milter.CONTINUE

        def close(self):
            return Milter.CONTINUE

    return Noop


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--nr", action="store_true")
    parser.add_argument("--add", action="store_true")
    options = parser.parse_args()
    Milter.factory = noop_filter(options.nr, options.add)
    Milter.set_flags(Milter.ADDHDRS if options.add else 0)
    # As the filter on C libmilter: its own default turns away connections that come all at once.
    Milter.setbacklog(1024)
    Milter.runmilter("noop", options.address)


if __name__ == "__main__":
    main()
