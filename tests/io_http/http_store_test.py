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
