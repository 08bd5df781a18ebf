"""A mail server (aiosmtpd) that prints each mail that it takes as a line of JSON, as Python's own parser reads it.

Usage: smtp.py PORT [--tls CERTIFICATE KEY] [--login USER:PASSWORD] [--utf8]
"""

import argparse
import email
import email.policy
import json
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Keeping:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(
            json.dumps(
                {
                    "to": envelope.rcpt_tos,
                    "encrypted": session.ssl is not None,
                    "headers": {name.lower(): str(value) for name, value in mail.items()},
                    "text": mail.get_content(),
                }
            ),
            flush=True,
        )
        return "250 kept"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("port", type=int)
    arguments.add_argument("--tls", nargs=2)
    arguments.add_argument("--login")
    arguments.add_argument("--utf8", action="store_true")
    given = arguments.parse_args()
    options = {"enable_SMTPUTF8": given.utf8}
    if given.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*given.tls)
        options |= {"tls_context": context, "require_starttls": True}
    if given.login:
        user, password = given.login.encode().split(b":", 1)

        def check(server, session, envelope, mechanism, login):
            is_right = (login.login, login.password) == (user, password)
            return AuthResult(success=is_right, handled=is_right, message=None if is_right else "535 5.7.8 wrong login")

        options |= {"authenticator": check, "auth_required": True}
    Controller(Keeping(), hostname="127.0.0.1", port=given.port, **options).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
