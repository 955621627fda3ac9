#!/usr/bin/env python3
"""Data sets on HTTP: the store on one and two ranks against a server with faults, then the program. Run by CTest with the
test program, mpirun, a scratch folder and, where it is built, tessera."""
import os
import shutil
import ssl
import subprocess
import sys
import unittest

from object_server import ObjectServer

TEST, MPIEXEC, SCRATCH = sys.argv[1:4]
TESSERA = sys.argv[4] if len(sys.argv) > 4 else None
SERVED = os.path.join(SCRATCH, "served")
PATIENCE_SECONDS = 60
CHUNKS = 4 * 2 + 4 * 2 * 2
# Of the machine, which would change what is tested.
SETTINGS = ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "TESSERA_HTTP_HEADER"]


def run(ranks, *command, code=0, **variables):
    """Everything printed."""
    own = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment = {**own, "no_proxy": "*", **variables}
    result = subprocess.run([MPIEXEC, "-n", str(ranks), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS, env=environment)
    assert result.returncode == code, result.stdout
    return result.stdout


def chunk_requests(server):
    return [count for path, count in server.requests.items() if path.split("/")[-2] in ("input", "output")
            and not path.split("/")[-1].startswith(".")]


class HttpStore(unittest.TestCase):
    def test_store(self):
        shutil.rmtree(SCRATCH, ignore_errors=True)
        os.makedirs(SERVED)
        with ObjectServer(SERVED) as server:
            for ranks in 1, 2:
                text = run(ranks, TEST, TESSERA_TEST_FOLDER=SERVED,
                           TESSERA_TEST_SERVER=f"http://127.0.0.1:{server.server_port}")
                self.assertNotIn("0 tests from 0", text)
        if TESSERA is not None:
            self.check_program()
            self.check_certificates()

    def check_program(self):
        with ObjectServer(SERVED) as server:
            url = f"http://user:secret@127.0.0.1:{server.server_port}/plain/train.zarr"
            info = run(1, TESSERA, "data", "info", url)
            self.assertIn("[2, 6, 8]  float32, 16 chunks", info)
            server.forget()
            text = run(2, TESSERA, "data", "check", url)
            self.assertIn("24 pieces read, nothing wrong", text)
            self.assertNotIn("secret", info + text)
            # Every chunk is read once, by one of the ranks, over the connection that the rank opened first.
            self.assertEqual(chunk_requests(server), [1] * CHUNKS)
            self.assertEqual(server.connections, 2)
            copy = os.path.join(SCRATCH, "copy.zarr")
            run(2, TESSERA, "data", "convert", url, copy)
            run(1, TESSERA, "data", "check", copy)
            self.assertIn("which is read only", run(1, TESSERA, "data", "convert", copy, url, code=1))
            text = run(2, TESSERA, "train", "--train", url, "--output", os.path.join(SCRATCH, "run"), "--epochs", "1",
                       "--batch-size", "2", "--width", "4", "--hidden", "6", "--blocks", "1", "--modes", "2,2")
            self.assertNotIn("secret", text)
            self.assertTrue(os.path.exists(os.path.join(SCRATCH, "run", "checkpoint.h5")))
            self.check_cache(server, url)

    def check_cache(self, server, url):
        def train(output, *extra):
            text = run(2, TESSERA, "train", "--train", url, "--output", os.path.join(SCRATCH, output), "--epochs", "3",
                       "--batch-size", "2", "--width", "4", "--hidden", "6", "--blocks", "1", "--modes", "2,2", *extra)
            with open(os.path.join(SCRATCH, output, "history.csv")) as file:
                return text, [line.split(",")[1:6] for line in file]

        _, expected = train("uncached")
        cache = os.path.join(SCRATCH, "cache")
        server.forget()
        text, history = train("cold", "--cache", cache)
        self.assertEqual(history, expected)
        # Normalisers and three epochs on two ranks: every chunk comes once.
        self.assertEqual(chunk_requests(server), [1] * CHUNKS)
        self.assertIn(f" {CHUNKS} fetched", text)
        self.assertNotIn("secret", text)
        server.forget()
        text, history = train("warm", "--cache", cache)
        self.assertEqual(history, expected)
        self.assertEqual(chunk_requests(server), [])
        self.assertIn(" 0 fetched", text)
        kept = [os.path.join(folder, name) for folder, _, names in os.walk(cache) for name in names if len(name) == 32]
        self.assertEqual(len(kept), CHUNKS)
        with open(kept[0], "r+b") as file:
            file.truncate(40)
        text, history = train("damaged", "--cache", cache, "--cache-limit", "1")
        self.assertEqual(history, expected)
        self.assertEqual(chunk_requests(server), [1])
        self.assertIn(" 1 fetched (0.00 GiB); 1 were damaged", text)

    def check_certificates(self):
        if shutil.which("openssl") is None:
            return
        key, certificate = os.path.join(SCRATCH, "key.pem"), os.path.join(SCRATCH, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with ObjectServer(SERVED, context) as server:
            url = f"https://127.0.0.1:{server.server_port}/plain/train.zarr"
            self.assertIn("certificate", run(1, TESSERA, "data", "info", url, code=1))
            for variable in "CURL_CA_BUNDLE", "SSL_CERT_FILE":
                self.assertIn("samples    4", run(1, TESSERA, "data", "info", url, **{variable: certificate}))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
