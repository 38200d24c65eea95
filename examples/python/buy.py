#!/usr/bin/python3
"""Buys two tickets over gRPC, and watches the seats meanwhile.

    buy.py [HOST:PORT]       127.0.0.1:8080

The messages are made by `protoc --python_out`; a method is its path, so no generated stubs are needed.
"""
import os
import sys
import uuid

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))

from google.rpc import status_pb2  # noqa: E402
from usher.v1 import auth_pb2, error_pb2, ticket_pb2  # noqa: E402

STATUS_DETAILS = "grpc-status-details-bin"


class Client:
    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.metadata = []

    def call(self, method, request, answers):
        """One call; an error's reason is a word of docs/errors.md."""
        stub = self.channel.unary_unary(f"/usher.v1.{method}", type(request).SerializeToString, answers.FromString)
        return stub(request, timeout=30, metadata=self.metadata)

    def watch(self, performance_id):
        """SeatsUpdate after SeatsUpdate: a snapshot, then what changes."""
        stub = self.channel.unary_stream("/usher.v1.TicketService/WatchSeats",
                                         ticket_pb2.WatchSeatsRequest.SerializeToString,
                                         ticket_pb2.SeatsUpdate.FromString)
        return stub(ticket_pb2.WatchSeatsRequest(performance_id=performance_id))


def reason(error):
    """Why a call failed: a google.rpc.Status in the trailers, with an ErrorDetail in its details."""
    for name, value in error.trailing_metadata():
        if name == STATUS_DETAILS:
            return error_pb2.ErrorDetail.FromString(status_pb2.Status.FromString(value).details[0].value).reason
    return error.code().name


def on_sale(client):
    events = client.call("TicketService/ListEvents", ticket_pb2.ListEventsRequest(), ticket_pb2.ListEventsResponse)
    for event in events.events:
        for performance in event.performances:
            if performance.sale_state == ticket_pb2.SALE_STATE_OPEN and not performance.sale_id:
                return performance
    sys.exit("nothing is on sale")


def main():
    client = Client(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8080")
    performance = on_sale(client)
    print(f"{performance.event_name}: {performance.counts.free} places are free")
    updates = client.watch(performance.performance_id)
    version = next(updates).version

    guest = client.call("AuthService/CreateGuest", auth_pb2.CreateGuestRequest(), auth_pb2.CreateGuestResponse)
    client.metadata = [("authorization", f"Bearer {guest.token}")]
    # The same request with the same key gets the same answer, however often it has to be asked; each
    # request has a key of its own.
    hold = client.call("TicketService/HoldBest", ticket_pb2.HoldBestRequest(
        performance_id=performance.performance_id, party=2, idempotency_key=str(uuid.uuid4())), ticket_pb2.Hold)
    print(f"held for {hold.expires_in_ms // 1000} s: {len(hold.seats)} places, {hold.total} {hold.currency}")
    changed = next(update for update in updates if update.version > version)
    print(f"watched: {changed.counts.held} places are held")
    updates.cancel()

    order = client.call("TicketService/PlaceOrder", ticket_pb2.PlaceOrderRequest(
        performance_id=performance.performance_id, hold_id=hold.hold_id,
        payment_method=ticket_pb2.PAYMENT_METHOD_BOX_OFFICE, idempotency_key=hold.hold_id), ticket_pb2.Order)
    print(f"order {order.order_number}")
    for ticket in order.tickets:
        print(f"  {ticket.label}: {ticket.ticket_code}")
    try:
        client.call("TicketService/ReleaseHold", ticket_pb2.ReleaseHoldRequest(
            performance_id=performance.performance_id, hold_id=hold.hold_id), ticket_pb2.ReleaseHoldResponse)
    except grpc.RpcError as error:
        print(f"and the hold is gone: {reason(error)}")


main()
