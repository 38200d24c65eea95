"""A world for story.py in a real pretix; run inside its own shell, prints the world as JSON."""
import json
from datetime import timedelta
from decimal import Decimal

from django.utils.timezone import now
from django_scopes import scopes_disabled
from i18nfield.strings import LazyI18nString
from pretix.base.models import CheckinList, Device, Event, Order, OrderPosition, Organizer
from pretix.base.models.orders import BlockedTicketSecret, RevokedTicketSecret

with scopes_disabled():
    organizer = Organizer.objects.create(name="Hall", slug="hall")
    foreign = Organizer.objects.create(name="Other", slug="other")
    event = Event.objects.create(organizer=organizer, name=LazyI18nString({"en": "Evening"}), slug="evening", live=True,
                                 currency="EUR", date_from=now() + timedelta(hours=1), date_admission=now() - timedelta(hours=1),
                                 has_subevents=True, plugins="pretix.plugins.badges")
    dates = [event.subevents.create(name=LazyI18nString({"en": f"Date {i}"}), active=True, date_from=now() + timedelta(hours=1, days=i),
                                    date_admission=now() - timedelta(hours=1) + timedelta(days=i)) for i in range(2)]
    item = event.items.create(name=LazyI18nString({"en": "Grade A"}), default_price=Decimal("0.00"), admission=True)
    lists = [CheckinList.objects.create(event=event, name=f"List {i}", all_products=True, subevent=date) for i, date in enumerate(dates)]

    seats = [event.seats.create(subevent=dates[0], seat_number=str(i), seat_guid=str(i), product=item) for i in range(8)]

    def order(code, date, count=1, status=Order.STATUS_PAID):
        made = Order.objects.create(event=event, code=code, email="kim@example.org", status=status, datetime=now(), locale="en",
                                    expires=now() + timedelta(days=1), total=Decimal("0.00"),
                                    sales_channel=organizer.sales_channels.get(identifier="web"))
        return [OrderPosition.objects.create(order=made, item=item, variation=None, price=Decimal("0.00"), positionid=i + 1, subevent=date,
                                             attendee_name_parts={"_scheme": "full", "full_name": "Kim"},
                                             secret=f"{code.lower()}secretofposition{i}",
                                             seat=seats.pop()) for i in range(count)]

    good, second, blocked = order("GOOD1", dates[0], 3)
    (canceled,) = order("GONE1", dates[0], status=Order.STATUS_CANCELED)
    (other,) = order("OTHR1", dates[1])
    blocked.blocked = ["admin"]
    blocked.save()
    BlockedTicketSecret.objects.get_or_create(event=event, position=blocked, secret=blocked.secret, defaults={"blocked": True})
    RevokedTicketSecret.objects.create(event=event, position=second, secret="anearliersecretofsecond")
    devices = [Device.objects.create(organizer=organizer, name=f"Gate {i}", all_events=True, security_profile="pretixscan",
                                     revoked=i == 1) for i in range(3)]
    print("WORLD " + json.dumps({
        "setup": [device.initialization_token for device in devices], "organizer": organizer.slug, "foreign": foreign.slug,
        "event": event.slug, "subevent": dates[0].pk, "other": dates[1].pk, "list": lists[0].pk, "name": "Kim", "order": "GOOD1",
        "earlier": (now() - timedelta(minutes=5)).isoformat(),
        "tickets": {"good": good.secret, "second": second.secret, "blocked": blocked.secret, "canceled": canceled.secret,
                    "revoked": "anearliersecretofsecond", "other": other.secret}}))
