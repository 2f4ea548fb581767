"""Runs inside of the lab (`fairlead lab exec TARGET -- python3 sender.py`): sends packets as it is told, line by line, and
says what came back.

Each line is a JSON object with `do`; each answer is one, too: `answer` (what the echo said), or `error`, the name of an
errno or `timeout`. Connections that are kept have an `id`.
"""
import errno
import http.client
import json
import socket
import sys

kept = {}


def failure(error):
    if isinstance(error, (TimeoutError, socket.timeout)) or error.errno == errno.ETIMEDOUT:
        return {"error": "timeout"}
    return {"error": errno.errorcode.get(error.errno, str(error))}


def ask(connection):
    """Sends a line, and reads the echo's."""
    connection.sendall(b"json\n")
    text = b""
    while not text.endswith(b"\n"):
        part = connection.recv(4096)
        if not part:
            return {"error": "closed"}
        text += part
    return {"answer": json.loads(text)}


def tcp(order):
    source = (order.get("source", ""), order.get("sourcePort", 0)) if "source" in order else None
    connection = socket.create_connection((order["to"], order["port"]), order["timeout"], source_address=source)
    connection.settimeout(order["timeout"])
    result = ask(connection)
    if "id" in order:
        kept[order["id"]] = connection
    else:
        connection.close()
    return result


def udp(order):
    family = socket.AF_INET6 if ":" in order["to"] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if "source" in order or "sourcePort" in order:
            connection.bind((order.get("source", ""), order.get("sourcePort", 0)))
        connection.settimeout(order["timeout"])
        connection.connect((order["to"], order["port"]))
        connection.send(b"json\n")
        return {"answer": json.loads(connection.recv(4096))}


def again(order):
    connection = kept[order["id"]]
    connection.settimeout(order["timeout"])
    return ask(connection)


def get(order):
    connection = http.client.HTTPConnection(order["to"], order["port"], timeout=order["timeout"])
    connection.request("GET", order.get("path", "/"))
    answer = connection.getresponse()
    return {"status": answer.status, "body": answer.read().decode()}


def look_up(order):
    try:
        found = socket.getaddrinfo(order["name"], order.get("port", 80), type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return {"error": str(error)}
    return {"addresses": sorted({entry[4][0] for entry in found})}


def close(order):
    kept.pop(order["id"]).close()
    return {}


ORDERS = {"tcp": tcp, "udp": udp, "again": again, "get": get, "lookUp": look_up, "close": close}

print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    try:
        result = ORDERS[order["do"]](order)
    except OSError as error:
        result = failure(error)
    except (http.client.HTTPException, ValueError) as error:
        result = {"error": str(error)}
    print(json.dumps(result), flush=True)
