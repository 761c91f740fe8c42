"""A provider's key in an endpoint's URL: no error, log or traceback shows it, the host is shown."""

import http.server
import json
import logging
import threading
import traceback
from contextlib import contextmanager
from dataclasses import replace

import pytest
from eth_utils.address import to_checksum_address

from tasks.adapters import processes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.rpc import Rpc
from tasks.core.errors import ChainError

SECRET = "s3cretKey0123456789"


@contextmanager
def answering(answer):
    """Serve one thing to every request; yield the port."""
    status, content = answer

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(result):
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def urls(port):
    """Return the places of a URL in which providers put keys."""
    place = f"127.0.0.1:{port}"
    return [
        f"http://modeller:{SECRET}@{place}",
        f"http://{SECRET}@{place}/",
        f"http://{place}/v2/{SECRET}",
        f"http://{place}/?apikey={SECRET}",
        f"http://{place}/#{SECRET}",
    ]


def require_hidden(caught, port, records):
    shown = "".join(traceback.format_exception(caught.value))
    shown += "".join(record.getMessage() for record in records)
    assert f"http://127.0.0.1:{port}" in str(caught.value)
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, b"no"), "answers HTTP 401: it wants a key: check the URL"),
        ((500, b"no"), "answers HTTP 500"),
        ((200, b"<html>"), "does not answer in JSON"),
        ((200, b"[]"), "does not answer the eth_chainId that it was asked"),
        (said("0x7"), "is chain 0x7, not 0x1"),
    ],
)
def test_reach__key_in_the_url__is_in_no_error(answer, message, caplog):
    caplog.set_level(logging.DEBUG)
    with answering(answer) as port:
        for url in urls(port):
            with pytest.raises(ChainError, match=message) as caught:
                Reader.reach(url, 1)

            require_hidden(caught, port, caplog.records)


def test_reach__nobody_listens__names_the_host_alone(caplog):
    caplog.set_level(logging.DEBUG)
    port = processes.free_port()

    for url in urls(port):
        with pytest.raises(ChainError, match="no answer from the chain at") as caught:
            Reader.reach(url, 1)

        require_hidden(caught, port, caplog.records)


def test_batch__error_that_quotes_the_key__is_shown_without_it():
    error = {"error": {"message": f"project {SECRET} is over its limit"}, "id": None}
    with answering((200, json.dumps(error).encode())) as port:
        for url in urls(port):
            with pytest.raises(ChainError, match=r"does not answer batches: project \.\.\. is"):
                Rpc(url).batch("eth_call", [[]])


def test_connect__key_in_the_url_of_a_sound_node__is_in_no_error(local_chain):
    port = int(local_chain.node.rpc_url.rpartition(":")[2])
    url, known = f"http://127.0.0.1:{port}/?apikey={SECRET}", local_chain.deployment
    nobody = to_checksum_address("0x" + "77" * 20)
    others = {
        "another first block": replace(known, genesis_hash="0x" + "00" * 32),
        "no contract at": replace(known, token=nobody),
        "another salt": replace(known, salt=bytes(32)),
    }

    assert Chain.connect(url, known).now() > 0
    for message, other in others.items():
        with pytest.raises(ChainError, match=message) as caught:
            Chain.connect(url, other)
        require_hidden(caught, port, [])


@pytest.mark.parametrize("url", ["http://[half", "nothing", "", "http://host:port/x"])
def test_rpc__what_is_no_url__is_one_line(url):
    with pytest.raises(ChainError, match="no answer from the chain at an address that is no URL"):
        Rpc(url).call("eth_chainId")
