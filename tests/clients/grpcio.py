"""A client: gRPC's own C core, as Debian's python3-grpcio has it."""
import grpc

from story import Failed


class Updates:
    """A stream's messages, one after the other."""

    def __init__(self, client, call):
        self.client, self.call = client, call

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.client.forms.to_json(next(self.call))
        except grpc.RpcError as error:
            raise self.client.failed(error) from None

    def cancel(self):
        self.call.cancel()


class GrpcioClient:
    """See story.py."""

    def __init__(self, address, forms, root_pem=None):
        self.forms = forms
        options = [("grpc.max_receive_message_length", 64 << 20)]
        if root_pem:
            self.channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(root_pem), options)
        else:
            self.channel = grpc.insecure_channel(address, options)

    def failed(self, error):
        trailers = dict(error.trailing_metadata() or ())
        return self.forms.failed_grpc(error.code().value[0], error.details(),
                                      trailers.get("grpc-status-details-bin"))

    def _stub(self, service, method, make):
        asks, answers = self.forms.method(service, method)
        return make(f"/{service}/{method}", request_serializer=lambda m: self.forms.pack(asks, m),
                    response_deserializer=answers.FromString)

    @staticmethod
    def _metadata(token):
        return [("authorization", "Bearer " + token)] if token else None

    def call(self, method, message, token=None, timeout=30, service="usher.v1.TicketService"):
        stub = self._stub(service, method, self.channel.unary_unary)
        try:
            return self.forms.to_json(stub(message, metadata=self._metadata(token), timeout=timeout))
        except grpc.RpcError as error:
            raise self.failed(error) from None

    def packed(self, method, message, service="usher.v1.TicketService"):
        """The answer as bytes."""
        asks, _ = self.forms.method(service, method)
        stub = self.channel.unary_unary(f"/{service}/{method}", request_serializer=lambda m: self.forms.pack(asks, m))
        return stub(message, timeout=30)

    def unknown(self, service, method):
        try:
            return self.channel.unary_unary(f"/{service}/{method}")(b"", timeout=30)
        except grpc.RpcError as error:
            raise self.failed(error) from None

    def watch(self, message, timeout=None, method="WatchSeats", service="usher.v1.TicketService"):
        return Updates(self, self._stub(service, method, self.channel.unary_stream)(message, timeout=timeout))

    def abandon(self, method, message, token):
        """Calls, and cancels before the answer."""
        stub = self._stub("usher.v1.TicketService", method, self.channel.unary_unary)
        future = stub.future(message, metadata=self._metadata(token), timeout=30)
        assert future.cancel(), "too late to cancel"
        assert future.cancelled() and future.code() == grpc.StatusCode.CANCELLED

    def many(self, method, calls, service="usher.v1.TicketService"):
        stub = self._stub(service, method, self.channel.unary_unary)
        futures = [stub.future(message, metadata=self._metadata(token), timeout=60) for message, token in calls]
        answers = []
        for future in futures:
            try:
                answers.append(self.forms.to_json(future.result()))
            except grpc.RpcError as error:
                answers.append(self.failed(error))
        return answers

    def close(self):
        self.channel.close()
