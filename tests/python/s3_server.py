"""An S3 server in memory for the tests: moto's, one request at a time.

moto looks whether a key is there and then writes it, so two conditional creates that meet could both win.
Here each request has the server to itself. Prints its address, makes the bucket `artemis`, and ends when its
standard input does.
"""

import sys
import threading
import urllib.request

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Connections stay open between requests; nothing is logged."""

    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


def main():
    application = DomainDispatcherApplication(create_backend_app)
    alone = threading.Lock()

    def one_at_a_time(environ, start_response):
        with alone:
            return list(application(environ, start_response))

    server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/artemis", method="PUT")).close()
    print(address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
