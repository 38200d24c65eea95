"""The contracts at run time: classes of messages from a set of descriptors, and their JSON form."""
import base64
import os
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from story import Failed

CODES = ("ok canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied "
         "resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss "
         "unauthenticated").split()


PROTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proto")
PROTOS = ["usher/v1/ticket.proto", "usher/v1/auth.proto", "usher/v1/error.proto", "usher/v1/hall.proto",
          "grpc/health/v1/health.proto", "google/rpc/status.proto"]


def describe(folder):
    """One file that describes all contracts."""
    path = os.path.join(folder, "contracts.binpb")
    subprocess.run(["protoc", f"--proto_path={PROTO}", "--include_imports", f"--descriptor_set_out={path}", *PROTOS],
                   check=True, cwd=PROTO)
    return path


def certify(folder):
    """A certificate for 127.0.0.1, signed by itself."""
    cert, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


class Forms:
    """Read from what `protoc --descriptor_set_out` wrote."""

    def __init__(self, path):
        with open(path, "rb") as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
        self.pool = descriptor_pool.DescriptorPool()
        for one in files.file:
            self.pool.Add(one)

    def message_class(self, name):
        descriptor = self.pool.FindMessageTypeByName(name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self.pool).GetPrototype(descriptor)

    def method(self, service, name):
        """(class of the request, class of the answer)"""
        found = self.pool.FindServiceByName(service).FindMethodByName(name)
        return self.message_class(found.input_type.full_name), self.message_class(found.output_type.full_name)

    def pack(self, request_class, message):
        return json_format.ParseDict(message, request_class()).SerializeToString()

    def to_json(self, message):
        return json_format.MessageToDict(message, including_default_value_fields=True)

    def complete(self, message_class, message):
        """A message that came as JSON, with the fields that JSON leaves out."""
        return self.to_json(json_format.ParseDict(message, message_class()))

    def detail(self, packed):
        return self.to_json(self.message_class("usher.v1.ErrorDetail").FromString(packed))

    def failed_grpc(self, code, message, status):
        """Failed from a number and google.rpc.Status, packed or None."""
        if status is None:
            return Failed(CODES[code], message)
        whole = self.message_class("google.rpc.Status").FromString(status)
        assert whole.code == code and whole.message == message, f"{whole} beside {code} {message}"
        assert [d.type_url for d in whole.details] == ["type.googleapis.com/usher.v1.ErrorDetail"], whole
        return Failed(CODES[code], message, self.detail(whole.details[0].value))

    def failed_connect(self, error):
        """Failed from Connect's error object."""
        assert error["code"] in CODES, error
        details = error.get("details", [])
        if not details:
            return Failed(error["code"], error.get("message", ""))
        assert [d["type"] for d in details] == ["usher.v1.ErrorDetail"], error
        value = details[0]["value"]
        return Failed(error["code"], error.get("message", ""),
                      self.detail(base64.b64decode(value + "=" * (-len(value) % 4))))
