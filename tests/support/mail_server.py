# A mail server for tests: aiosmtpd on loopback, with STARTTLS, and a login when one is named.
#   mail_server.py FOLDER CERTIFICATE KEY [USER PASSWORD]
# Writes its port into FOLDER/port, each message that it takes into FOLDER/N.eml, with its envelope in
# the first line. While FOLDER/answer exists, messages get that answer: "451 try later".
import os
import socket
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

folder, certificate, key = sys.argv[1:4]
login = [text.encode() for text in sys.argv[4:6]]


class Handler:
    taken = 0

    async def handle_DATA(self, server, session, envelope):
        answer = os.path.join(folder, "answer")
        if os.path.exists(answer):
            with open(answer) as text:
                return text.read().strip()
        Handler.taken += 1
        name = os.path.join(folder, "%d.eml" % Handler.taken)
        with open(name + ".part", "wb") as message:
            secure = "tls" if session.ssl else "plain"
            user = session.auth_data.decode() if login else ""
            line = "%s %s %s %s\n" % (secure, user or "-", envelope.mail_from, ",".join(envelope.rcpt_tos))
            message.write(line.encode() + envelope.original_content)
        os.rename(name + ".part", name)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    # What is not handled here is refused by the server, with the code of the RFC.
    return AuthResult(success=[data.login, data.password] == login, handled=False, auth_data=data.login)


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=context, require_starttls=True,
                    authenticator=authenticate if login else None, auth_required=bool(login),
                    auth_require_tls=True)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
server = Server(Handler(), hostname="127.0.0.1", port=port)
server.start()
with open(os.path.join(folder, "port.part"), "w") as text:
    text.write(str(port))
os.rename(os.path.join(folder, "port.part"), os.path.join(folder, "port"))
while True:
    time.sleep(3600)
