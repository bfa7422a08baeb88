# A telecare alarm centre for tests: SIP MESSAGE with SCAIP's XML over UDP, TCP and TLS on loopback. It reads
# strictly, shares nothing with the code under test, and answers 400 to what it does not believe.
#   alarm_centre.py FOLDER CERTIFICATE KEY
# Writes FOLDER/port (UDP and TCP) and FOLDER/tls_port; each message that it believes into FOLDER/N.sip, the
# transport in its first line; what it does not believe into FOLDER/fault. FOLDER/answer says what comes back:
#   status 0       200 with the centre's status in its body (what is done when there is no such file)
#   then 0         200 without a body, then a MESSAGE with the status on the same connection
#   bare           200 without a body, and nothing more
#   other          200 with the answer to another alarm
#   code 503 7     that code, with Retry-After: 7 when there is a second number
#   deaf 2         as "status 0", but the first 2 datagrams of each call are lost; "deaf" alone: all
#   close          the connection is closed without a word
import os
import re
import selectors
import socket
import ssl
import sys
import threading
import xml.etree.ElementTree as ElementTree

folder, certificate, key = sys.argv[1:4]
lock = threading.Lock()
taken = 0
heard = {}

# Elements of a request in their order: pattern, and whether they must be there.
ELEMENTS = [("ref", "[0-9a-zA-Z]{1,16}", True), ("ver", r"[0-9]{2}\.[0-9]{2}", False), ("sco", "[1-3]", False),
            ("cha", "[0-9]", False), ("mty", "ME|RE|IN|PI", False), ("hbo", "[0-3]", False),
            ("cid", "[0-9]{1,16}", True), ("dty", "[0-9]{1,4}", True), ("did", ".{1,8}", False),
            ("dco", "[0-9]{1,3}", False), ("dte", ".{1,32}", False), ("crd", ".{1,256}", False),
            ("stc", "[0-9]{1,4}", False), ("stt", ".{1,32}", False), ("pri", "[0-9]", False),
            ("lco", "[0-9]{1,3}", False), ("lva", ".{1,2}", False), ("lte", ".{1,32}", False),
            ("ico", "[0-9]{1,3}", False), ("ite", ".{1,128}", False), ("ame", "[01]", False)]


class Fault(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Fault(what)


def write(name, data):
    path = os.path.join(folder, name)
    with open(path + ".part", "wb") as file:
        file.write(data)
    os.rename(path + ".part", path)


def read_head(head):
    lines = head.decode("utf-8").split("\r\n")
    headers = []
    for line in lines[1:]:
        match = re.fullmatch(r"([A-Za-z-]+): (.+)", line)
        check(match, "header: " + line)
        headers.append((match.group(1).lower(), match.group(2)))
    names = [name for name, _ in headers]
    for name in ("via", "max-forwards", "from", "to", "call-id", "cseq", "content-length"):
        check(names.count(name) == 1, "not one " + name)
    return lines[0], dict(headers)


def read_request(start, headers, body, transport):
    check(re.fullmatch(r"MESSAGE sips?:\S+ SIP/2\.0", start), "first line: " + start)
    uri = start.split(" ")[1]
    sent_by = r"(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5}"
    check(re.fullmatch(r"SIP/2\.0/%s %s;branch=z9hG4bK[0-9a-f]{16,};rport" % (transport, sent_by), headers["via"]),
          "via: " + headers["via"])
    check(headers["max-forwards"] == "70", "max-forwards")
    check(re.fullmatch(r"<sip:[^<>;]+@[^<>;]+>;tag=[0-9a-f]{8,}", headers["from"]), "from: " + headers["from"])
    check(headers["to"] == "<%s>" % uri, "to: " + headers["to"])
    check(headers["cseq"] == "1 MESSAGE", "cseq")
    # RFC 3428, section 4: a MESSAGE begins no dialog.
    check("contact" not in headers, "a contact")
    check(headers["content-type"] == "application/scaip+xml", "content-type")
    # RFC 3428, section 8.
    check(len(body) <= 1300, "a body of %d bytes" % len(body))
    root = ElementTree.fromstring(body.decode("utf-8"))
    check(root.tag == "mrq" and not root.attrib, "root")
    rest = list(ELEMENTS)
    for element in root:
        check(not element.attrib and len(element) == 0, "element: " + element.tag)
        while rest and rest[0][0] != element.tag:
            check(not rest[0][2], "missing: " + rest[0][0])
            rest.pop(0)
        check(rest and re.fullmatch(rest[0][1], element.text or "", re.DOTALL), "%s: %s" % (element.tag, element.text))
        rest.pop(0)
    check(not any(required for _, _, required in rest), "an element is missing")
    return root.find("ref").text


def response(headers, code, extra=(), body=b""):
    lines = ["SIP/2.0 %d %s" % (code, "OK" if code == 200 else "No")]
    lines += ["v: " + headers["via"].replace(";rport", ";received=127.0.0.1;rport=1"), "From: " + headers["from"],
              "To: %s;tag=centre" % headers["to"], "i: " + headers["call-id"], "CSeq: " + headers["cseq"]]
    lines += list(extra) + ["Content-Length: %d" % len(body)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer_xml(ref, status):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<mrs><ref>%s</ref><snu>%s</snu><ste>said</ste></mrs>' % (ref, status)).encode()


def question(headers, body):
    uri = re.match("<([^>]*)>", headers["from"]).group(1)
    lines = ["MESSAGE %s SIP/2.0" % uri, "Via: SIP/2.0/TCP centre;branch=z9hG4bKcentre%d" % taken, "Max-Forwards: 70",
             "From: <sip:alarm@centre>;tag=centre", "To: <%s>" % uri, "Call-ID: centre-%d" % taken, "CSeq: 7 MESSAGE",
             "Content-Type: application/scaip+xml", "Content-Length: %d" % len(body)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def plan():
    try:
        with open(os.path.join(folder, "answer")) as file:
            return file.read().split()
    except FileNotFoundError:
        return ["status", "0"]


# What goes back; None: the connection is closed.
def take(start, headers, body, transport):
    global taken
    with lock:
        try:
            # What they say to our own MESSAGE.
            if start.startswith("SIP/2.0 "):
                write("reply", (start + " " + headers["cseq"]).encode())
                return []
            ref = read_request(start, headers, body, transport)
        except (Fault, ElementTree.ParseError, UnicodeDecodeError) as fault:
            write("fault", str(fault).encode())
            return [response(headers, 400)]
        todo = plan()
        if todo[0] == "deaf" and transport == "UDP":
            heard[headers["call-id"]] = heard.get(headers["call-id"], 0) + 1
            if len(todo) == 1 or heard[headers["call-id"]] <= int(todo[1]):
                write("lost", str(heard[headers["call-id"]]).encode())
                return []
            todo = ["status", "0"]
        taken += 1
        write("%d.sip" % taken, (transport + "\n" + start + "\n").encode() + body)
        typed = ["Content-Type: application/scaip+xml"]
        if todo[0] == "close":
            return None
        if todo[0] == "bare":
            return [response(headers, 200)]
        if todo[0] == "code":
            return [response(headers, int(todo[1]), ["Retry-After: " + todo[2]] if len(todo) > 2 else [])]
        if todo[0] == "then":
            return [response(headers, 200), question(headers, answer_xml(ref, todo[1]))]
        if todo[0] == "other":
            return [response(headers, 200, typed, answer_xml("another", "0"))]
        return [response(headers, 100), response(headers, 200, typed, answer_xml(ref, todo[1]))]


def split(data):
    head, _, rest = data.partition(b"\r\n\r\n")
    start, headers = read_head(head) if not head.startswith(b"SIP/2.0") else (head.split(b"\r\n")[0].decode(), dict(
        (name.lower(), value) for name, value in (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])))
    return start, headers, rest


def serve_stream(connection, transport):
    data = b""
    try:
        if transport == "TLS":
            connection = context.wrap_socket(connection, server_side=True)
        while True:
            more = connection.recv(65536)
            if not more:
                return
            data += more
            while b"\r\n\r\n" in data:
                start, headers, rest = split(data)
                length = int(headers["content-length"])
                if len(rest) < length:
                    break
                data = rest[length:]
                back = take(start, headers, rest[:length], transport)
                if back is None:
                    return
                # In two pieces: who reads must wait for the rest.
                whole = b"".join(back)
                connection.sendall(whole[:40])
                connection.sendall(whole[40:])
    except (OSError, Fault) as fault:
        write("fault", str(fault).encode())
    finally:
        connection.close()


def listen(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("127.0.0.1", 0))
port = datagrams.getsockname()[1]
tcp, tls = listen(port), listen(0)
sources = selectors.DefaultSelector()
for source, name in ((datagrams, "UDP"), (tcp, "TCP"), (tls, "TLS")):
    sources.register(source, selectors.EVENT_READ, name)
write("tls_port", str(tls.getsockname()[1]).encode())
write("port", str(port).encode())
while True:
    for ready, _ in sources.select():
        if ready.data != "UDP":
            connection, _ = ready.fileobj.accept()
            threading.Thread(target=serve_stream, args=(connection, ready.data), daemon=True).start()
            continue
        data, peer = datagrams.recvfrom(65536)
        start, headers, body = split(data)
        check(int(headers["content-length"]) == len(body), "content-length")
        for packet in take(start, headers, body, "UDP") or []:
            datagrams.sendto(packet, peer)
