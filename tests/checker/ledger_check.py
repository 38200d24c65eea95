#!/usr/bin/env python3
"""A second opinion on a store: checks DIR/usher.db against docs/internals/ledger.md, and nothing else.

Written from that page alone, in Python's standard library; it shares no code and no idea with the C sources. Prints a
line a finding. Exit code: 0 all rules hold, 1 findings, 2 it could not be checked.

    ledger_check.py DIR [DIR …]

Of several, the exit code is that of the worst; the last line of each tells its findings.
"""
import hashlib
import os
import re
import sqlite3
import sys

PAGE = os.environ.get('USHER_TABLES_PAGE') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'internals', 'tables.md')

KEY_KEEP_MS = 600_000
EXTEND_MAX_MS = 960_000
START_MAX_MS = 300_000
STARTING, PAYING, LATER = 1, 2, 3  # stages of a payment that a hold is extended for
OFFER_MIN_MS, OFFER_MAX_MS = 1000, 3_600_000
LAPSES_MAX = 2
DRAFT, OPEN, PAUSED = 1, 2, 3
CONFIRMED, CANCELLED = 1, 2
PAID = (2, 3, 4)  # by card, collected at the box office, by deposit
MOVED_MAX = 40    # places that an order ever had, where its tickets move
COLLECTED = 3     # at the box office
UNPAID = 1        # at the box office, which is to collect it
COMP = 5          # given: each place costs 0
STANDING = 2
WHEELCHAIR = 1
PRICE_MAX = 10**12


class Malformed(Exception):
    """Bytes that do not decode to what they should be."""


def sha256(data):
    return hashlib.sha256(data).digest()


def be(value, width):
    return (value & ((1 << 8 * width) - 1)).to_bytes(width, 'big')


def signed64(value):
    return value - (1 << 64) if value >= 1 << 63 else value


# ---- Protocol Buffers, as far as they are needed ----

def read_varint(data, at):
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed('a varint is cut short')
        value |= (data[at] & 0x7f) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & (1 << 64) - 1, at
    raise Malformed('a varint is too long')


def fields(data):
    """(number, value) in order: an int of a varint, bytes of what is length-delimited, None of the fixed-width ones."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise Malformed('field number 0')
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        elif kind in (1, 5):
            value, at = None, at + (8 if kind == 1 else 4)
        else:
            raise Malformed(f'wire type {kind}')
        if at > len(data):
            raise Malformed('a field is cut short')
        yield number, value


def decode(data, shape):
    """A message as a dict. shape: field number → (name, kind); kinds: int, uint, bytes, uints, ints, sints (zigzag), a shape of its own, or a
    list of one: repeated messages, or of 'bytes': repeated bytes."""
    absent = {'int': lambda: 0, 'uint': lambda: 0, 'bytes': lambda: b'', 'uints': list, 'ints': list, 'sints': list}
    message = {name: absent[kind]() if isinstance(kind, str) else [] if isinstance(kind, list) else None
               for name, kind in shape.values()}
    for number, value in fields(data):
        if number not in shape:
            continue
        name, kind = shape[number]
        if kind in ('int', 'uint'):
            if not isinstance(value, int):
                raise Malformed(f'{name} is no number')
            message[name] = signed64(value) if kind == 'int' else value & 0xffffffff
        elif kind in ('uints', 'ints', 'sints'):
            as_kind = {'uints': lambda one: one & 0xffffffff, 'ints': signed64,
                       'sints': lambda one: (one >> 1) ^ -(one & 1)}[kind]
            if isinstance(value, int):
                message[name].append(as_kind(value))
            elif value is None:
                raise Malformed(f'{name} is no number')
            else:
                at = 0
                while at < len(value):
                    one, at = read_varint(value, at)
                    message[name].append(as_kind(one))
        elif not isinstance(value, bytes):
            raise Malformed(f'{name} is not length-delimited')
        elif isinstance(kind, list):
            message[name].append(value if kind == ['bytes'] else decode(value, kind[0]))
        else:
            message[name] = value if kind == 'bytes' else decode(value, kind)
    return message


KEY = {1: ('key', 'bytes'), 2: ('request_hash', 'bytes')}
HOLD = {1: ('hold_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('expires_at_ms', 'int'),
        5: ('key', KEY), 6: ('price_list', 'uint'), 7: ('types', 'uints'),
        8: ('person_id', 'bytes'), 9: ('code', 'uint'), 10: ('code_index', 'uint')}
END = {1: ('hold_id', 'bytes'), 2: ('rest_until_ms', 'int')}
RESTED = {1: ('seats', 'uints')}
SALE = {1: ('order_id', 'bytes'), 2: ('hold_id', 'bytes'), 3: ('account_id', 'bytes'), 4: ('seats', 'uints'),
        5: ('total', 'int'), 6: ('key', KEY), 7: ('payment_method', 'uint'), 8: ('payment_id', 'bytes'),
        9: ('price_list', 'uint'), 10: ('amounts', 'ints'), 11: ('types', 'uints'), 12: ('person_id', 'bytes'),
        13: ('code', 'uint'), 14: ('code_index', 'uint')}
CLOCK = {1: ('before_ms', 'int')}
CHOOSE = {1: ('hold_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('expires_at_ms', 'int'),
          5: ('price_list', 'uint'), 6: ('types', 'uints'), 7: ('person_id', 'bytes'),
          8: ('code', 'uint'), 9: ('code_index', 'uint')}
EXTEND = {**CHOOSE, 10: ('stage', 'uint')}
CANCEL = {1: ('order_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('rest_until_ms', 'int')}
STATE = {1: ('state', 'uint')}
GIVE_BACK = {1: ('order_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('left', 'uints'),
             5: ('rest_until_ms', 'int')}
MOVE = {**GIVE_BACK, 6: ('to', 'uints'), 7: ('difference', 'int'), 8: ('record', 'bytes')}
COLLECT = {1: ('order_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('total', 'int'), 4: ('payment_method', 'uint'),
           5: ('payment_id', 'bytes')}
ORDER_KEY = {1: ('order_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('key', KEY)}
BLOCK = {1: ('block_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('expires_at_ms', 'int'),
         5: ('reason', 'bytes')}
UNBLOCK = {1: ('block_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('rest_until_ms', 'int'),
           5: ('by_time', 'uint')}
PRICES = {1: ('number', 'uint'), 2: ('list', 'bytes'), 3: ('plan_id', 'bytes')}
PRICE_PLAN = {1: ('plan_id', 'bytes'), 2: ('from_ms', 'int'), 3: ('list', 'bytes')}
PRICE_PLAN_END = {1: ('plan_id', 'bytes')}
PRICE_TYPE = {1: ('number', 'uint'), 2: ('korean', 'bytes'), 3: ('english', 'bytes'), 4: ('amounts', 'sints'), 5: ('proof', 'uint'),
              6: ('companion', 'uint'), 7: ('most', 'uint')}
PRICE_CODE = {1: ('number', 'uint'), 2: ('word', 'bytes'), 3: ('count', 'uint'), 4: ('opens', 'uints'), 5: ('off_permille', 'uint'),
              6: ('off_amount', 'int'), 7: ('from_ms', 'int'), 8: ('until_ms', 'int'), 9: ('places', 'uint'),
              10: ('places_account', 'uint')}
PRICE_LIST = {1: ('amounts', 'ints'), 2: ('types', [PRICE_TYPE]), 3: ('hidden', {1: ('categories', 'uints')}),
              4: ('codes', {1: ('codes', [PRICE_CODE])}), 5: ('rules', {1: ('no_orphans', 'uint'), 2: ('category_places', 'uints')})}
WAITING = {1: ('offer_ms', 'uint'), 2: ('account_id', 'bytes')}
WISH = {1: ('wish_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('person_id', 'bytes'), 4: ('category', 'uint'), 5: ('section', 'uint'),
        6: ('party', 'uint'), 7: ('fewest', 'uint'), 8: ('lapses', 'uint'), 9: ('wheelchairs', 'uint')}
WISH_END = {1: ('wish_id', 'bytes'), 2: ('account_id', 'bytes')}
OFFER = {1: ('hold_id', 'bytes'), 2: ('account_id', 'bytes'), 3: ('seats', 'uints'), 4: ('expires_at_ms', 'int'), 5: ('price_list', 'uint'),
         6: ('person_id', 'bytes'), 7: ('wish_id', 'bytes')}
CHANGES = {2: ('hold', HOLD), 3: ('release', END), 4: ('expiry', END), 5: ('sale', SALE), 6: ('cancel', CANCEL),
           7: ('state', STATE), 8: ('order_key', ORDER_KEY), 9: ('extend', EXTEND), 10: ('clock', CLOCK),
           11: ('give_back', GIVE_BACK), 12: ('rested', RESTED), 13: ('block', BLOCK), 14: ('unblock', UNBLOCK),
           15: ('prices', PRICES), 16: ('price_plan', PRICE_PLAN), 17: ('price_plan_end', PRICE_PLAN_END),
           18: ('choose', CHOOSE), 19: ('waiting', WAITING), 20: ('wish', WISH), 21: ('wish_end', WISH_END),
           22: ('offer', OFFER), 23: ('move', MOVE), 24: ('collect', COLLECT)}
ROW = {2: ('first_seat', 'uint'), 3: ('numbers', ['bytes']), 5: ('categories', 'uints'),
       7: ('kinds', 'uints')}
SECTION = {2: ('kind', 'uint'), 3: ('first_seat', 'uint'), 4: ('place_count', 'uint'), 5: ('rows', [ROW]),
           6: ('category', 'uint')}
SEAT_MAP = {3: ('sections', [SECTION]), 4: ('place_count', 'uint')}


def demand(good, what):
    if not good:
        raise Malformed(what)


def decode_entry(data):
    """(at_ms, kind of change, change)"""
    at_ms, kind, change = 0, None, None
    for number, value in fields(data):
        if number == 1:
            demand(isinstance(value, int), 'at_ms is no number')
            at_ms = signed64(value)
        elif number in CHANGES:
            demand(isinstance(value, bytes), 'a change is no message')
            kind, shape = CHANGES[number]
            change = decode(value, shape)
    demand(kind, 'an entry without a change')
    optional = ('account_id',) if kind in ('block', 'unblock', 'waiting') else ('plan_id',) if kind == 'prices' else ()
    for name in ('hold_id', 'order_id', 'account_id', 'block_id', 'plan_id', 'wish_id'):
        if name in change and not (name in optional and not change[name]):
            demand(len(change[name]) == 16 and any(change[name]), f'{name} is no id')
    for name in ('payment_id', 'person_id'):
        if change.get(name):
            demand(len(change[name]) == 16 and any(change[name]), f'{name} is no id')
    if 'seats' in change:
        seats = change['seats']
        demand(1 <= len(seats) <= 8, 'not 1 to 8 seats')
        demand(all(a < b for a, b in zip(seats, seats[1:])), 'seats are not ascending')
    if kind == 'block':
        demand(1 <= len(change['reason']) <= 100, 'a block without a reason, or with a long one')
    if kind == 'sale':
        demand(len(change['amounts']) in (0, len(change['seats'])), 'not one amount a seat')
    if 'types' in change:
        demand(len(change['types']) in (0, len(change['seats'])), 'not one price type a seat')
        demand(all(one < 32 for one in change['types']), 'a price type of no number')
    if kind == 'move':
        left, to = change['left'], change['to']
        demand(1 <= len(left) <= 8 and all(a < b for a, b in zip(left, left[1:])), 'not 1 to 8 seats that are left')
        demand(len(to) == len(change['seats']) == len(set(to)) and set(to) <= set(left), 'tickets move to what is not left')
        demand(1 <= len(change['record']) <= 8192, 'a move without amounts, or with too many')
    if kind in ('prices', 'price_plan'):
        demand(1 <= len(change['list']) <= 8192, 'a price list without bytes, or with too many')
    demand(kind != 'order_key' or change['key'], 'an order key without a key')
    demand(kind != 'collect' or change['payment_id'], 'money without a payment')
    if change.get('key'):
        demand(1 <= len(change['key']['key']) <= 64 and len(change['key']['request_hash']) == 32, 'a malformed key')
    return at_ms, kind, change


def decode_body(body):
    demand(1 <= len(body) <= 1 << 20, 'a body of no or too many bytes')
    entries = []
    for number, value in fields(body):
        if number == 1:
            demand(isinstance(value, bytes), 'an entry is no message')
            entries.append(decode_entry(value))
    demand(1 <= len(entries) <= 4096, 'no entry, or too many')
    return entries


# ---- the rules ----

def counted(change):
    return change['person_id'] or change['account_id']


def same_hold(hold, change):
    return all(hold[name] == change[name] for name in ('account_id', 'person_id', 'seats'))


def categories_of(layout):
    """seat → its category, as the layout has them."""
    categories = {}
    for section in decode(layout, SEAT_MAP)['sections']:
        if section['kind'] == STANDING:
            for seat in range(section['first_seat'], section['first_seat'] + min(section['place_count'], 1 << 24)):
                categories[seat] = section['category']
        for row in section['rows']:
            for at in range(len(row['numbers'])):
                of_row = row['categories'] or [0]
                categories[row['first_seat'] + at] = of_row[min(at, len(of_row) - 1)]
    return categories


def sections_of(layout):
    """seat → the number of its section: its place in the layout."""
    sections = {}
    for number, section in enumerate(decode(layout, SEAT_MAP)['sections']):
        if section['kind'] == STANDING:
            for seat in range(section['first_seat'], section['first_seat'] + min(section['place_count'], 1 << 24)):
                sections[seat] = number
        for row in section['rows']:
            for at in range(len(row['numbers'])):
                sections[row['first_seat'] + at] = number
    return sections


def wheelchairs_of(layout):
    """The seats that are for a wheelchair."""
    return {row['first_seat'] + at for section in decode(layout, SEAT_MAP)['sections'] for row in section['rows']
            for at, kind in enumerate(row['kinds'][:len(row['numbers'])]) if kind == WHEELCHAIR}


def is_name(text):
    """One line of 1 to 60 bytes with something to see."""
    try:
        return 1 <= len(text) <= 60 and text.decode().isprintable() and bool(text.decode().strip())
    except UnicodeDecodeError:
        return False


def read_list(packed, categories, least):
    """A price list as (amounts, types by number, hidden categories, codes by number, rules), or None where it is none. Of a plan the
    last three are None where it leaves them."""
    try:
        prices = decode(packed, PRICE_LIST)
    except Malformed:
        return None
    types = {}
    for one in prices['types']:
        first = not types
        number, amounts = one['number'], one['amounts']
        if (first != (number == 0) or number >= 32 or (types and number <= max(types)) or one['most'] > 8
                or (first and (one['companion'] or one['most'])) or not is_name(one['korean']) or not is_name(one['english'])
                or len(amounts) != (0 if first else categories) or not all(-1 <= amount <= PRICE_MAX for amount in amounts)
                or (not first and all(amount == -1 for amount in amounts))):
            return None
        types[number] = one
    amounts = prices['amounts']
    if len(types) > 12 or len(amounts) != categories or not all(least <= one <= PRICE_MAX for one in amounts):
        return None
    hidden, codes = read_hidden(prices['hidden'], categories), read_codes(prices['codes'], categories)
    rules = read_rules(prices['rules'], categories)
    if hidden is False or codes is False or rules is False:
        return None
    if least == -1 and not types and hidden is None and codes is None and rules is None and all(one == -1 for one in amounts):
        return None
    if least == -1:
        return amounts, types, hidden, codes, rules
    return amounts, types, hidden or [], codes or {}, rules or (0, [0] * categories)


def read_rules(told, categories):
    """(whether single places may not be left alone, the limit of each category), None: nothing is said, False: it is none."""
    if not told:
        return None
    limits = told['category_places'] or [0] * categories
    return len(limits) == categories and (told['no_orphans'], limits)


def rise(categories, count):
    return all(a < b for a, b in zip(categories, categories[1:])) and all(one < count for one in categories)


def read_hidden(told, categories):
    return None if told is None else told['categories'] if rise(told['categories'], categories) else False


def read_codes(told, categories):
    """Codes by number; None where nothing is said of them, False where they are none."""
    if told is None:
        return None
    codes = {}
    for one in told['codes']:
        word, letters = one['word'], b'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-'
        is_word = 4 <= len(word) <= 24 and all(c in letters for c in word) and all(c['word'] != word for c in codes.values())
        if (not 1 <= one['number'] <= 999 or (codes and one['number'] <= max(codes)) or one['count'] > 100000
                or not (is_word if one['count'] == 0 else word == b'') or not rise(one['opens'], categories)
                or one['off_permille'] > 1000 or not 0 <= one['off_amount'] <= PRICE_MAX
                or one['from_ms'] < 0 or one['until_ms'] < 0 or 0 < one['until_ms'] <= one['from_ms']):
            return False
        codes[one['number']] = one
    return codes if len(codes) <= 24 else False


def types_of(change):
    return change['types'] or [0] * len(change['seats'])


def check_layout(hall, find):
    if sha256(hall['layout']) != hall['layout_hash']:
        find("the hall's layout is not what its hash says")
    try:
        if decode(hall['layout'], SEAT_MAP)['place_count'] != hall['place_count']:
            find("the hall's place_count is not its layout's")
    except Malformed as reason:
        find(f"the hall's layout does not decode: {reason}")


def sets_the_clock(body):
    """Whether a row is one clock change."""
    try:
        return [kind for _, kind, _ in decode_body(body)] == ['clock']
    except Malformed:
        return False


def longest_later(db, performance_id):
    """How long a hold that is to be paid later may have lasted; stores of before have none."""
    if not any(row['name'] == 'longest_later_ms' for row in db.execute('PRAGMA table_info(performance_date)')):
        return 0
    found = db.execute('SELECT longest_later_ms FROM performance_date WHERE performance_id = ?', (performance_id,)).fetchone()
    return (found['longest_later_ms'] or 0) if found else 0


def sells_paid(db, performance_id):
    """Whether a performance never took an unpaid order; stores of before took all."""
    if not db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'payment_rule'").fetchone()[0]:
        return False
    found = db.execute('SELECT took_unpaid FROM payment_rule WHERE performance_id = ?', (performance_id,)).fetchone()
    return bool(found) and not found['took_unpaid']


class Performance:
    def __init__(self, db, row, find):
        self.db, self.row, self.report = db, row, find
        self.where = ''
        self.state = row['first_sale_state']
        self.hold_of, self.order_of = {}, {}      # seat → hold_id, order_id
        self.rests = {}                           # seat → until when
        self.offer_ms = 0                         # of the waiting list
        self.wishes, self.wish_ids = {}, set()    # those that wait: wish_id → its change, version and offer; all ever
        self.was_due = self.due = None            # (wish_id, kind) that the next entry must be
        self.blocks = {}                          # seat → (block_id, account_id, until when, reason)
        self.holds, self.hold_ids = {}, set()     # live ones; all ever used
        self.orders = {}
        self.places = {}
        self.keys = {}
        prices = row['prices']
        first = [int.from_bytes(prices[at:at + 8], 'little', signed=True) for at in range(0, len(prices), 8)]
        self.lists = [(first, {}, [], {}, (0, [0] * len(first)))]  # as read_list
        self.uses = {}                            # (code, index, account or person, or None) → places
        self.told_lists = {}                      # number → (version, bytes)
        self.plans, self.plan_ids = {}, set()     # those that wait: plan_id → (from_ms, bytes, list); all ever made
        self.version = 0                          # that the entry makes
        self.last_entry_ms = None
        self.later_ms = longest_later(db, row['performance_id'])
        self.sells_paid = sells_paid(db, row['performance_id'])

    def find(self, text):
        self.report(f'performance {self.row["performance_id"]}{self.where}: {text}')

    def check(self):
        event = self.db.execute('SELECT name FROM event WHERE event_id = ?', (self.row['event_id'],)).fetchone()
        if event is None:
            self.find('its event is missing')
        if not self.check_hall(event['name'] if event else ''):
            return
        self.check_chain()
        self.where = ''
        self.check_sold()
        self.check_blocks()
        self.check_wishes()
        self.check_prices()
        self.check_orders()

    def check_hall(self, event_name):
        hall = self.db.execute('SELECT * FROM hall WHERE hall_id = ?', (self.row['hall_id'],)).fetchone()
        if hall is None:
            self.find('its hall is missing')
            return False
        check_layout(hall, self.find)
        self.place_count = hall['place_count']
        try:
            self.categories, self.wheelchairs = categories_of(hall['layout']), wheelchairs_of(hall['layout'])
            self.sections = sections_of(hall['layout'])
        except Malformed:
            self.categories, self.wheelchairs, self.sections = {}, set(), {}  # said above
        row = self.row
        self.genesis = sha256(
            b'usher genesis 1\n' + be(row['performance_id'], 4) + be(row['event_id'], 4) + be(row['hall_id'], 4)
            + hall['layout_hash'] + be(row['starts_at_ms'], 8) + be(row['hold_ttl_ms'], 4) + be(row['places_max'], 4)
            + be(row['first_sale_state'], 4) + sha256(row['currency'].encode()) + sha256(row['prices']))
        if row['covers_names']:
            offset = row['utc_offset_minutes']
            self.genesis = sha256(
                b'usher genesis 2\n' + self.genesis + be(row['rest_ms'], 4) + be(hall['section_count'], 4)
                + be(offset is not None, 4) + be(offset or 0, 4) + sha256(event_name.encode())
                + sha256(hall['name'].encode()))
            if row['person_rule']:
                self.genesis = sha256(b'usher genesis 3\n' + self.genesis + be(row['person_rule'], 4))
        return True

    def check_chain(self):
        seq = version = epoch = 0
        at_ms, last_hash = None, self.genesis
        for row in self.db.execute('SELECT * FROM ledger WHERE performance_id = ? ORDER BY seq',
                                   (self.row['performance_id'],)):
            self.where = f', row {row["seq"]}'
            if row['seq'] != seq + 1:
                self.find(f'it follows row {seq}')
            if row['version_before'] != version:
                self.find(f'it begins at version {row["version_before"]}, not {version}')
            if row['epoch'] < 1 or row['epoch'] < epoch:
                self.find('its epoch is less than the one before')
            if at_ms is not None and row['at_ms'] < at_ms and not sets_the_clock(row['body']):
                self.find('its time is before that of the row before')
            if row['prev_hash'] != last_hash:
                self.find('it does not hang on the row before')
            hashed = (b'usher ledger v1\n' + be(row['performance_id'], 4) + be(row['seq'], 8) + be(row['epoch'], 8)
                      + be(row['version_before'], 8) + be(row['version'], 8) + be(row['at_ms'], 8) + row['prev_hash']
                      + sha256(row['body']))
            if sha256(hashed) != row['hash']:
                self.find('its hash is wrong')
            self.check_body(row)
            seq, version, epoch = row['seq'], row['version'], row['epoch']
            at_ms, last_hash = row['at_ms'], row['hash']
        self.where = ''
        if (seq, version, last_hash) != (self.row['seq'], self.row['version'], self.row['head_hash']):
            self.find('the head is not the last row')
        if not 0 <= self.row['epoch'] < (1 << 63) - 1:
            self.find('the epoch of the head is none')
        if self.row['epoch'] < epoch:
            self.find('the epoch of the head is less than that of the last row')
        if self.row['sale_state'] != self.state:
            self.find(f'sale_state is {self.row["sale_state"]}, not {self.state}')

    def check_body(self, row):
        try:
            entries = decode_body(row['body'])
        except Malformed as reason:
            self.find(f'its body is malformed: {reason}')
            return
        if row['version'] - row['version_before'] != len(entries):
            self.find(f'{len(entries)} entries for {row["version"] - row["version_before"]} versions')
        for number, (at_ms, kind, change) in enumerate(entries, 1):
            self.where = f', row {row["seq"]}, entry {number}'
            self.version = row['version_before'] + number
            if kind == 'clock':
                if len(entries) > 1:
                    self.find('a clock change is not alone in its row')
                if self.last_entry_ms is not None and change['before_ms'] != self.last_entry_ms:
                    self.find('the clock is set back from another time than the one before')
            elif self.last_entry_ms is not None and at_ms < self.last_entry_ms:
                self.find('its time is before that of the entry before')
            if at_ms > row['at_ms']:
                self.find('its time is after that of its row')
            self.last_entry_ms = at_ms
            if self.due and self.due != (change.get('wish_id'), kind):
                self.find('the entry after the end of an offer is not about its wish')
            self.was_due, self.due = self.due, None
            getattr(self, 'replay_' + kind)(at_ms, change)

    def use_key(self, at_ms, change):
        if not change['key']:
            return
        name = (change['account_id'], change['key']['key'])
        before = self.keys.get(name)
        if before is not None and at_ms - before < self.row['hold_ttl_ms'] + KEY_KEEP_MS:
            self.find('a key is used again')
        self.keys[name] = at_ms

    def replay_waiting(self, at_ms, change):
        if change['offer_ms'] and not OFFER_MIN_MS <= change['offer_ms'] <= OFFER_MAX_MS:
            self.find('offers of a wrong length')
        self.offer_ms = change['offer_ms']

    def replay_wish(self, at_ms, change):
        wish = self.wishes.pop(change['wish_id'], None)
        if wish is not None:
            if change['lapses'] != wish['lapses'] + 1 or not self.was_due or any(
                    change[name] != wish[name] for name in ('account_id', 'person_id', 'category', 'section', 'party', 'fewest', 'wheelchairs')):
                self.find('a wish is put back that has let nothing lapse, or becomes another')
        else:
            if change['wish_id'] in self.wish_ids:
                self.find('a wish that was over joins')
            if not self.offer_ms:
                self.find('a wish joins a list that is off')
            if change['lapses'] or not 1 <= change['fewest'] <= change['party'] <= 8 or change['wheelchairs'] > change['fewest']:
                self.find('a wish that is none')
            if bool(change['person_id']) != bool(self.row['person_rule']):
                self.find('a wish that is not of whom the performance counts')
        self.wish_ids.add(change['wish_id'])
        self.wishes[change['wish_id']] = dict(change, position=self.version, offer=None)

    def replay_wish_end(self, at_ms, change):
        wish = self.wishes.pop(change['wish_id'], None)
        if wish is None or wish['account_id'] != change['account_id']:
            self.find('a wish ends that does not wait, or is another account\'s')

    def is_wished(self, wish, seats):
        return all((not wish['category'] or self.categories.get(seat, 0) + 1 == wish['category'])
                   and (not wish['section'] or self.sections.get(seat, 0) + 1 == wish['section']) for seat in seats)

    def could_have(self, other, wish, seats):
        """Whether what the wish is offered could have been the other's, who waits longer."""
        wheelchairs = other['wheelchairs']
        least = len(seats) if wheelchairs else other['fewest']
        return (not other['offer'] and other['fewest'] <= len(seats) and wheelchairs == wish['wheelchairs']
                and not any(self.lists[-1][4][1][self.categories.get(seat, 0)] for seat in seats)
                and (not wheelchairs or other['party'] >= len(seats)) and self.is_wished(other, seats)
                and self.places.get(counted(other), 0) + least <= self.row['places_max'])

    def replay_offer(self, at_ms, change):
        wish, seats = self.wishes.get(change['wish_id']), change['seats']
        if not self.offer_ms:
            self.find('an offer of a list that is off')
        if wish is None or wish['offer']:
            self.find('an offer to a wish that does not wait, or has one')
        elif (not wish['fewest'] <= len(seats) <= wish['party'] or not self.is_wished(wish, seats)
              or sum(seat in self.wheelchairs for seat in seats) != wish['wheelchairs']
              or any(wish[name] != change[name] for name in ('account_id', 'person_id'))):
            self.find('an offer that is not what its wish waits for')
        else:
            for other in self.wishes.values():  # in their order
                if other is wish:
                    break
                if self.could_have(other, wish, seats):
                    self.find('an offer before a wish that waits longer')
                    break
            wish['offer'] = change['hold_id']
        self.replay_hold(at_ms, dict(change, key=None, types=[], code=0, code_index=0), self.offer_ms)

    def offer_ended(self, hold, sold):
        wish = self.wishes.get(hold.get('wish_id'))
        if wish is not None and wish['offer'] == hold['hold_id']:
            wish['offer'] = None
            self.due = (wish['wish_id'], 'wish_end' if sold or wish['lapses'] + 1 >= LAPSES_MAX else 'wish')

    def check_wishes(self):
        if self.due:
            self.find('nothing is said of a wish whose offer has ended')
        names = ('account_id', 'person_id', 'category', 'section', 'party', 'fewest', 'lapses', 'wheelchairs', 'position')
        told = {row['wish_id']: tuple(row[name] for name in names) for row in
                self.db.execute('SELECT * FROM wish WHERE performance_id = ?', (self.row['performance_id'],))}
        if told != {wish_id: tuple(wish[name] for name in names) for wish_id, wish in self.wishes.items()}:
            self.find('wish is not what the ledger says')
        rule = self.db.execute('SELECT offer_ms FROM waiting WHERE performance_id = ?', (self.row['performance_id'],)).fetchone()
        if (rule['offer_ms'] if rule else 0) != self.offer_ms:
            self.find('waiting is not what the ledger says')

    def replay_hold(self, at_ms, change, longest_ms=None):
        hold_id = change['hold_id']
        if hold_id in self.hold_ids:
            self.find('a hold_id is used again')
            return
        if self.state != OPEN:
            self.find('the sale is not open')
        for seat in change['seats']:
            if seat >= self.place_count:
                self.find(f'no seat {seat} in the hall')
            if seat in self.hold_of:
                self.find(f'seat {seat} is held already')
            if seat in self.order_of:
                self.find(f'seat {seat} is sold already')
            if seat in self.rests:
                self.find(f'seat {seat} rests')
            if seat in self.blocks:
                self.find(f'seat {seat} is kept back')
        if not at_ms < change['expires_at_ms'] <= at_ms + (self.row['hold_ttl_ms'] if longest_ms is None else longest_ms):
            self.find('a hold of a wrong length')
        if change['price_list'] != len(self.lists) - 1:
            self.find(f'a hold by price list {change["price_list"]}, where {len(self.lists) - 1} is valid')
        self.check_types(change)
        self.check_code(at_ms, change, None)
        self.use_code(change, len(change['seats']))
        self.use_key(at_ms, change)
        self.hold_ids.add(hold_id)
        self.holds[hold_id] = dict(change, made_at_ms=at_ms)
        for seat in change['seats']:
            self.hold_of[seat] = hold_id
        if bool(change['person_id']) != bool(self.row['person_rule']):
            self.find('a hold that is not of whom the performance counts')
        whose = counted(change)
        self.places[whose] = self.places.get(whose, 0) + len(change['seats'])
        if self.places[whose] > self.row['places_max']:
            self.find('the account, or person, has more places than it may')

    def let_rest(self, at_ms, change, seats):
        until = change['rest_until_ms']
        if until == 0:
            return
        if not at_ms < until <= at_ms + self.row['rest_ms']:
            self.find('a rest of a wrong length')
        for seat in seats:
            self.rests[seat] = until

    def replay_rested(self, at_ms, change):
        for seat in change['seats']:
            until = self.rests.pop(seat, None)
            if until is None:
                self.find(f'seat {seat} does not rest')
            elif at_ms < until:
                self.find(f'seat {seat} rests until later')

    def replay_block(self, at_ms, change):
        if change['expires_at_ms'] and change['expires_at_ms'] <= at_ms:
            self.find('a block that is over when it begins')
        for seat in change['seats']:
            if seat >= self.place_count:
                self.find(f'no seat {seat} in the hall')
            if any(seat in taken for taken in (self.hold_of, self.order_of, self.rests, self.blocks)):
                self.find(f'seat {seat} is kept back, but not free')
            self.blocks[seat] = (change['block_id'], change['account_id'] or bytes(16), change['expires_at_ms'],
                                 change['reason'])

    def replay_unblock(self, at_ms, change):
        for seat in change['seats']:
            block = self.blocks.pop(seat, None)
            if block is None or block[0] != change['block_id']:
                self.find(f'seat {seat} leaves a block that does not have it')
            elif change['by_time'] and not 0 < block[2] <= at_ms:
                self.find(f'seat {seat} leaves its block before the time')
        self.let_rest(at_ms, change, change['seats'])

    def check_blocks(self):
        kept = {seat: (block_id, account_id, until_ms, reason.encode()) for seat, block_id, account_id, until_ms, reason in
                self.db.execute('SELECT seat, block_id, account_id, until_ms, reason FROM blocked WHERE performance_id = ?',
                                (self.row['performance_id'],))}
        for seat in sorted(kept.keys() | self.blocks.keys()):
            if kept.get(seat) != self.blocks.get(seat):
                self.find(f'seat {seat} in blocked is not what the ledger says')

    def end_hold(self, hold_id):
        hold = self.holds.pop(hold_id)
        for seat in hold['seats']:
            if self.hold_of.get(seat) == hold_id:
                del self.hold_of[seat]
        self.places[counted(hold)] -= len(hold['seats'])
        self.use_code(hold, -len(hold['seats']))
        return hold

    def replay_clock(self, at_ms, change):
        for hold_id in list(self.holds):
            self.end_hold(hold_id)
        for wish in self.wishes.values():
            wish['offer'] = None
        self.rests = {}
        self.keys = {}

    def replay_release(self, at_ms, change):
        if change['hold_id'] not in self.holds:
            self.find('a hold that is not live is released')
        else:
            self.let_rest(at_ms, change, self.holds[change['hold_id']]['seats'])
            self.offer_ended(self.end_hold(change['hold_id']), False)

    def replay_expiry(self, at_ms, change):
        if change['hold_id'] not in self.holds:
            self.find('a hold that is not live expires')
            return
        if at_ms < self.holds[change['hold_id']]['expires_at_ms']:
            self.find('a hold expires before its time')
        self.let_rest(at_ms, change, self.holds[change['hold_id']]['seats'])
        self.offer_ended(self.end_hold(change['hold_id']), False)

    def replay_extend(self, at_ms, change):
        hold = self.holds.get(change['hold_id'])
        if self.state not in (OPEN, PAUSED):
            self.find('no sale is on')
        if hold is None:
            self.find('a hold that is not live is extended')
            return
        if not same_hold(hold, change):
            self.find('what is extended is not what was held')
        if change['price_list'] != hold['price_list'] or types_of(change) != types_of(hold) or self.code_of(change) != self.code_of(hold):
            self.find('a hold is extended by another price list, or with other types')
        if at_ms >= hold['expires_at_ms']:
            self.find('the hold has expired')
        stage = change['stage']
        if stage > LATER:
            self.find('a hold is extended at a stage that there is not')
        if stage == PAYING and hold.get('paying'):
            self.find('a hold is extended once more for a buyer who pays')
        longest = max(self.row['hold_ttl_ms'], 0 if stage == PAYING else self.later_ms, OFFER_MAX_MS if 'wish_id' in hold else 0)
        longest = self.row['hold_ttl_ms'] + START_MAX_MS if stage == STARTING else longest + EXTEND_MAX_MS
        longest += hold['made_at_ms']
        hold['paying'] = hold.get('paying') or stage == PAYING
        if not hold['expires_at_ms'] < change['expires_at_ms'] <= longest:
            self.find('a hold is extended by a wrong length')
        hold['expires_at_ms'] = change['expires_at_ms']

    def replay_choose(self, at_ms, change):
        hold = self.holds.get(change['hold_id'])
        if self.state not in (OPEN, PAUSED):
            self.find('no sale is on')
        if hold is None:
            self.find('types are chosen for a hold that is not live')
            return
        if not same_hold(hold, change):
            self.find('types are chosen for what was not held')
            return
        if change['price_list'] != hold['price_list'] or change['expires_at_ms'] != hold['expires_at_ms']:
            self.find('types are chosen by another list, or with another time')
        if at_ms >= hold['expires_at_ms']:
            self.find('the hold has expired')
        self.check_types(change)
        self.check_code(at_ms, change, hold)
        self.use_code(hold, -len(hold['seats']))
        self.use_code(change, len(hold['seats']))
        hold['types'], hold['code'], hold['code_index'] = change['types'], change['code'], change['code_index']

    @staticmethod
    def code_of(change):
        return change['code'], change['code_index']

    def use_code(self, change, places):
        for one in (counted(change), None):
            key = (*self.code_of(change), one)
            self.uses[key] = self.uses.get(key, 0) + places

    def check_code(self, at_ms, change, hold):
        """Of a hold that is made with a code, or gets one."""
        number, index = self.code_of(change)
        if number == 0 or change['price_list'] >= len(self.lists):
            return
        code = self.lists[change['price_list']][3].get(number)
        if code is None:
            self.find(f'a hold with code {number}, which its list does not have')
            return
        same = hold is not None and self.code_of(hold) == (number, index)
        if not same and (index >= (code['count'] or 1) or at_ms < code['from_ms'] or 0 < code['until_ms'] <= at_ms):
            self.find(f'a hold with code {number}, which is not good then')
        wanted = len(change['seats']) - (len(hold['seats']) if same else 0)
        for most, who in ((code['places'], None), (code['places_account'], counted(change))):
            if most and self.uses.get((number, index, who), 0) + wanted > most:
                self.find(f'code {number} is overdrawn')

    def cost(self, number, category, kind, code=0):
        """What a place costs by a list; None where it is not to be had."""
        amounts, types, hidden, codes, _ = self.lists[number]
        with_code = codes.get(code)
        if category in hidden and not (with_code and category in with_code['opens']):
            return None
        if kind == 0:
            one = amounts[category] if category < len(amounts) else 0
        else:
            known = types.get(kind)
            one = known['amounts'][category] if known and category < len(known['amounts']) else -1
        if one == -1:
            return None
        if with_code:
            one -= one * with_code['off_permille'] // 1000
            one = max(0, one - with_code['off_amount'])
        return one

    def check_types(self, change):
        number, chosen = change['price_list'], types_of(change)
        if number >= len(self.lists):
            return
        types = self.lists[number][1]
        companions = sum(types[one]['companion'] for one in chosen if one in types)
        if (any(self.cost(number, self.categories.get(seat, 0), one, change['code']) is None
                for seat, one in zip(change['seats'], chosen))
                or any(types[one]['most'] and chosen.count(one) > types[one]['most'] for one in chosen if one in types)
                or companions > sum(seat in self.wheelchairs for seat in change['seats'])):
            self.find(f'price types that list {number} does not allow')

    def replay_sale(self, at_ms, change):
        order_id, seats = change['order_id'], change['seats']
        if order_id in self.orders:
            self.find('an order_id is used again')
            return
        if self.state not in (OPEN, PAUSED):
            self.find('no sale is on')
        hold = self.holds.get(change['hold_id'])
        if hold is None:
            self.find('sold without a live hold')
        else:
            if not same_hold(hold, change):
                self.find('what is sold is not what was held')
            if at_ms >= hold['expires_at_ms']:
                self.find('the hold has expired')
            self.check_paid(change, hold)
            self.offer_ended(self.end_hold(change['hold_id']), True)
        if (change['payment_method'] in PAID) != bool(change['payment_id']):
            self.find('a payment that is none, or none where there should be one')
        if self.sells_paid and change['payment_method'] == UNPAID and change['total'] > 0:
            self.find('an unpaid order, where none was ever taken')
        self.use_key(at_ms, change)
        for seat in seats:
            if seat >= self.place_count:
                self.find(f'no seat {seat} in the hall')
            if seat in self.order_of:
                self.find(f'seat {seat} is sold twice')
            if seat in self.blocks:
                self.find(f'seat {seat} is sold, but kept back')
            if seat in self.hold_of:
                self.find(f'seat {seat} is in another hold')
            self.order_of[seat] = order_id
        self.places[counted(change)] = self.places.get(counted(change), 0) + len(seats)
        self.use_code(change, len(seats))
        amounts = b''
        if change['amounts']:
            coded = change['code'].to_bytes(4, 'little') + change['code_index'].to_bytes(4, 'little') if change['code'] else b''
            amounts = (change['price_list'] | (1 << 31 if coded else 0)).to_bytes(4, 'little') + coded + b''.join(
                seat.to_bytes(4, 'little') + amount.to_bytes(8, 'little', signed=True)
                for seat, amount in zip(seats, change['amounts'])) + bytes(change['types'])
        self.orders[order_id] = dict(change, state=CONFIRMED, placed_at_ms=at_ms, amounts=amounts, sold=seats,
                                     sold_amounts=change['amounts'])

    def check_paid(self, change, hold):
        number = hold['price_list']
        if change['price_list'] != number:
            self.find('sold by another price list than held')
        comp = change['payment_method'] == COMP
        if bool(change['amounts']) != (bool(change['price_list']) or comp):
            self.find('amounts where the first list says them, or none where it does not')
        if number >= len(self.lists):
            return
        if types_of(change) != types_of(hold) or self.code_of(change) != self.code_of(hold):
            self.find('sold with other price types than held, or another code')
        amounts = [0 if comp else self.cost(number, self.categories.get(seat, 0), one, change['code']) or 0
                   for seat, one in zip(change['seats'], types_of(change))]
        if change['amounts'] and change['amounts'] != amounts:
            self.find('seats are sold for other amounts than they cost')
        if sum(amounts) != change['total']:
            self.find(f'sold for {change["total"]}, where {sum(amounts)} was promised')

    def replay_prices(self, at_ms, change):
        if change['number'] != len(self.lists):
            self.find(f'price list {change["number"]} follows list {len(self.lists) - 1}')
            return
        prices = read_list(change['list'], len(self.lists[0][0]), 0)
        if prices is None:
            self.find('a price list that is none')
            prices = self.lists[-1]
        if change['plan_id']:
            plan = self.plans.pop(change['plan_id'], None)
            if plan is None:
                self.find('a price plan becomes valid that does not wait')
            else:
                if at_ms < plan[0]:
                    self.find('a price plan becomes valid before its time')
                was, (planned, types, hidden, codes, rules) = self.lists[-1], plan[2]
                if prices != ([old if one == -1 else one for old, one in zip(was[0], planned)], types or was[1],
                              was[2] if hidden is None else hidden, was[3] if codes is None else codes, was[4] if rules is None else rules):
                    self.find('a price plan becomes valid with other prices')
        self.lists.append(prices)
        self.told_lists[change['number']] = (self.version, change['list'])

    def replay_price_plan(self, at_ms, change):
        if change['plan_id'] in self.plan_ids:
            self.find('a plan_id is used again')
            return
        if change['from_ms'] <= at_ms:
            self.find('a price plan for a time that is over')
        prices = read_list(change['list'], len(self.lists[0][0]), -1)
        if prices is None:
            self.find('a price plan that is none')
            return
        self.plan_ids.add(change['plan_id'])
        self.plans[change['plan_id']] = (change['from_ms'], change['list'], prices)

    def replay_price_plan_end(self, at_ms, change):
        if self.plans.pop(change['plan_id'], None) is None:
            self.find('a price plan is taken back that does not wait')

    def check_prices(self):
        waiting = {plan_id: (from_ms, packed) for plan_id, from_ms, packed in self.db.execute(
            'SELECT plan_id, from_ms, list FROM price_plan WHERE performance_id = ?', (self.row['performance_id'],))}
        if waiting != {plan_id: plan[:2] for plan_id, plan in self.plans.items()}:
            self.find('price_plan is not what the ledger says')
        stored = {number: (begun, packed) for number, begun, packed in self.db.execute(
            'SELECT number, begun, list FROM price_list WHERE performance_id = ?', (self.row['performance_id'],))}
        if stored != self.told_lists:
            self.find('price_list is not what the ledger says')

    def replay_order_key(self, at_ms, change):
        order = self.orders.get(change['order_id'])
        if order is None:
            self.find('a key of an order that was never placed')
        elif order['account_id'] != change['account_id']:
            self.find("a key of another account's order")
        self.use_key(at_ms, change)

    def replay_cancel(self, at_ms, change):
        order = self.orders.get(change['order_id'])
        if order is None or order['state'] != CONFIRMED:
            self.find('an order that is not confirmed is cancelled')
            return
        if order['account_id'] != change['account_id'] or order['seats'] != change['seats']:
            self.find("what is cancelled is not the account's order")
        order['state'] = CANCELLED
        for seat in order['seats']:
            if self.order_of.get(seat) == change['order_id']:
                del self.order_of[seat]
        self.places[counted(order)] -= len(order['seats'])
        self.use_code(order, -len(order['seats']))
        self.let_rest(at_ms, change, change['seats'])

    def replay_give_back(self, at_ms, change):
        order = self.orders.get(change['order_id'])
        if order is None or order['state'] != CONFIRMED:
            self.find('seats of an order that is not confirmed are given back')
            return
        if order['account_id'] != change['account_id'] or order['seats'] != sorted(change['seats'] + change['left']):
            self.find("what is given back and left is not the account's order")
            return
        order['seats'] = change['left']
        for seat in change['seats']:
            if self.order_of.get(seat) == change['order_id']:
                del self.order_of[seat]
        self.places[counted(order)] -= len(change['seats'])
        self.use_code(order, -len(change['seats']))
        self.let_rest(at_ms, change, change['seats'])

    def cost_of_move(self, number, category, kind, code):
        """What a place costs by an order's list; where its type is not to be had there, what everybody pays."""
        amounts, types, _, codes, _ = self.lists[number]
        own = amounts[category] if category < len(amounts) else 0
        one = own if kind == 0 else types[kind]['amounts'][category] if kind in types and category < len(types[kind]['amounts']) else -1
        if one == -1:
            return own
        with_code = codes.get(code)
        if with_code:
            one = max(0, one - one * with_code['off_permille'] // 1000 - with_code['off_amount'])
        return one

    def begin_places(self, order):
        """The places that an order ever had: [seat, amount, type, where its ticket moved (from 1), or 0]."""
        if order['amounts']:
            sold, amounts, types = order['sold'], order['sold_amounts'], order['types'] or [0] * len(order['sold'])
        else:
            sold, types = order['seats'], [0] * len(order['seats'])
            amounts = [self.cost_of_move(0, self.categories.get(seat, 0), 0, 0) for seat in sold]
        return [[seat, amount, kind, 0] for seat, amount, kind in zip(sold, amounts, types)]

    def replay_move(self, at_ms, change):
        order = self.orders.get(change['order_id'])
        if order is None or order['state'] != CONFIRMED:
            self.find('tickets of an order that is not confirmed move')
            return
        seats, to, left = change['seats'], change['to'], change['left']
        if order['account_id'] != change['account_id']:
            self.find("tickets of another account's order move")
        if set(seats) & set(left) or order['seats'] != sorted(set(seats) | set(left) - set(to)) or set(to) & set(order['seats']):
            self.find('what tickets move from, and what is left, is not the order')
            return
        for seat in to:
            if seat >= self.place_count:
                self.find(f'no seat {seat} in the hall')
                return
            if any(seat in taken for taken in (self.hold_of, self.order_of, self.rests, self.blocks)):
                self.find(f'a ticket moves to seat {seat}, which is not free')
        places = order.get('places') or self.begin_places(order)
        self.follow_move(change, order, places)
        order['places'], order['seats'] = places, left
        for seat in seats:
            self.order_of.pop(seat, None)
        for seat in to:
            self.order_of[seat] = change['order_id']
        self.let_rest(at_ms, change, seats)

    def follow_move(self, change, order, places):
        more = 0
        if set(change['to']) & {place[0] for place in places} or len(places) + len(change['to']) > MOVED_MAX:
            self.find('a ticket moves to a place that its order had, or too often')
            return
        for seat, other in zip(change['seats'], change['to']):
            place = next(one for one in places if one[0] == seat)
            more += self.cost_of_move(order['price_list'], self.categories.get(other, 0), place[2], order['code']) - place[1]
            places.append([other, place[1], place[2], 0])
            place[3] = len(places)
        if change['difference'] != (0 if order['payment_method'] == COMP else more):
            self.find('a move with another difference than its places have')
        code = order['code'].to_bytes(4, 'little') + order['code_index'].to_bytes(4, 'little') if order['code'] else b''
        order['amounts'] = (order['price_list'] | 1 << 30 | (1 << 31 if code else 0)).to_bytes(4, 'little') + code + b''.join(
            seat.to_bytes(4, 'little') + amount.to_bytes(8, 'little', signed=True) for seat, amount, _, _ in places
        ) + bytes(place[2] for place in places) + bytes(place[3] for place in places)
        if order['amounts'] != change['record']:
            self.find('a move after which an order costs what it does not')

    def replay_collect(self, at_ms, change):
        order = self.orders.get(change['order_id'])
        if order is None or order['state'] != CONFIRMED or order['payment_method'] != UNPAID:
            self.find('money for an order that owes none')
            return
        if order['account_id'] != change['account_id']:
            self.find("money for another account's order")
        places = order.get('places') or self.begin_places(order)
        owed = sum(place[1] for place in places if place[0] in order['seats'])
        if change['payment_method'] != COLLECTED or change['total'] != owed:
            self.find('an order is paid otherwise than at the box office, or not what it owes')
        order['payment_method'], order['total'] = change['payment_method'], change['total']

    def replay_state(self, at_ms, change):
        if (self.state, change['state']) not in ((DRAFT, OPEN), (OPEN, PAUSED), (PAUSED, OPEN)):
            self.find(f'the sale goes from state {self.state} to {change["state"]}')
        self.state = change['state']

    def check_sold(self):
        sold = {}
        for seat, order_id in self.db.execute(
                'SELECT seat, order_id FROM sold LEFT JOIN orders USING (order_no) WHERE sold.performance_id = ?',
                (self.row['performance_id'],)):
            sold[seat] = order_id
        for seat in sorted(sold.keys() | self.order_of.keys()):
            if sold.get(seat) != self.order_of.get(seat) or seat not in sold or seat not in self.order_of:
                self.find(f'seat {seat} in sold is not what the ledger says')

    def check_orders(self):
        seen = set()
        for row in self.db.execute('SELECT * FROM orders WHERE performance_id = ?', (self.row['performance_id'],)):
            order_id = row['order_id']
            seen.add(order_id)
            order = self.orders.get(order_id)
            if order is None:
                self.find(f'order {order_id.hex()} is not in the ledger')
                continue
            seats = b''.join(seat.to_bytes(4, 'little') for seat in order['seats'])
            for name in ('account_id', 'person_id', 'hold_id', 'state', 'payment_method', 'placed_at_ms', 'total', 'amounts'):
                if row[name] != order[name]:
                    self.find(f'order {order_id.hex()}: {name} is not what the ledger says')
            if row['seats'] != seats:
                self.find(f'order {order_id.hex()}: seats are not what the ledger says')
        for order_id in self.orders.keys() - seen:
            self.find(f'order {order_id.hex()} is missing')


COLUMNS = {  # the page's table of tables: i an integer, t a text, b bytes; ? may be NULL; ! is (part of) the key
    'migration': 'number:i! name:t applied_at_ms:i',
    'hall': 'hall_id:i! name:t layout_hash:b place_count:i section_count:i layout:b',
    'event': 'event_id:i! name:t description:t created_at_ms:i organiser_id:i',
    'performance': 'performance_id:i! event_id:i hall_id:i starts_at_ms:i hold_ttl_ms:i places_max:i currency:t prices:b '
                   'first_sale_state:i sale_state:i epoch:i version:i seq:i head_hash:b utc_offset_minutes:i? '
                   'covers_names:i rest_ms:i person_rule:i',
    'ledger': 'performance_id:i! seq:i! epoch:i version_before:i version:i at_ms:i prev_hash:b hash:b body:b',
    'sold': 'performance_id:i! seat:i! order_no:i',
    'blocked': 'performance_id:i! seat:i! block_id:b account_id:b until_ms:i reason:t',
    'orders': 'order_no:i! order_id:b account_id:b hold_id:b performance_id:i state:i payment_method:i placed_at_ms:i '
              'total:i seats:b amounts:b person_id:b',
    'price_list': 'performance_id:i! number:i! begun:i list:b',
    'price_plan': 'performance_id:i! plan_id:b! from_ms:i list:b',
    'waiting': 'performance_id:i! offer_ms:i',
    'wish': 'performance_id:i! wish_id:b! position:i account_id:b person_id:b category:i section:i party:i fewest:i lapses:i wheelchairs:i',
    'outbox': 'outbox_id:i! performance_id:i body:b',
}
INDEXES = {('orders', 'order_id', 1), ('orders', 'account_id', 0), ('orders', 'performance_id', 0), ('wish', 'account_id', 0)}


U32 = (1 << 32) - 1
RANGES = {  # the page's table of ranges; what is in no line fits in 64 bits
    (0, U32): 'hall.place_count hall.section_count event.organiser_id performance.hold_ttl_ms performance.places_max '
              'performance.rest_ms sold.seat blocked.seat playbill.event_id performance_date.later_ms '
              'performance_date.longest_later_ms waiting.offer_ms wish.category wish.section wish.wheelchairs sale.capacity_min sale.capacity_max sale.claim_ms sale.pass_ms',
    (1, U32): 'hall.hall_id event.event_id performance.performance_id performance.event_id performance.hall_id '
              'waiting.performance_id wish.performance_id ledger.performance_id sold.performance_id blocked.performance_id orders.performance_id outbox.performance_id '
              'payment_rule.performance_id performance_date.performance_id playbill_row.id sale.sale_id sale_performance.performance_id '
              'sale_performance.sale_id line_row.sale_id',
    (1, 3): 'performance.first_sale_state performance.sale_state',
    (1, 4): 'playbill_row.about',
    (1, 8): 'wish.party wish.fewest',
    (1, 2): 'orders.state',
    (0, 1): 'performance.covers_names performance_date.utc_offset_known payment_rule.payment_required payment_rule.took_unpaid '
            'sale.guests wish.lapses',
    (0, 4): 'playbill.state',
    (0, 5): 'orders.payment_method',
    (0, 2): 'performance.person_rule',
    (-1440, 1440): 'performance.utc_offset_minutes performance_date.utc_offset_minutes',
}
OF_050 = {'accounts': 6, 'bars': 1, 'contacts': 3, 'generations': 3, 'hall_owners': 1, 'lines': 1, 'mails': 2, 'payments': 8,
          'playbill': 4, 'positions': 1, 'reminders': 1, 'scans': 1}
OF_040 = {**OF_050, 'bars': 0, 'payments': 7, 'playbill': 1, 'reminders': 0}


def page_of_tables():
    """(steps by module, tables by module, statements by what they make), as the page has them."""
    with open(PAGE, encoding='utf-8') as file:
        text = file.read()
    steps, tables, made = {}, {}, {}
    for module, count, block in re.findall(r'^## (\w+): (\d+) steps?\n\n```sql\n(.*?)```', text, re.M | re.S):
        steps[module] = int(count)
        for statement in block.strip().split(';\n'):
            kind, name = re.match(r'CREATE (?:UNIQUE )?(TABLE|INDEX) "?(\w+)', statement).groups()
            made[kind.lower(), name] = statement.rstrip(';\n')
            if kind == 'TABLE':
                tables.setdefault(module, set()).add(name)
    return steps, tables, made


def check_modules(db, find):
    """The tables of the other services, where all their steps are done: as the page has them, and none that it has not."""
    steps, tables, made = page_of_tables()
    found = {}
    for kind, name, table, sql in db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"):
        if not name.startswith('sqlite_'):
            found[kind, name] = table, sql
    done = {}
    if ('table', 'schema_step') in found:
        for module, number in db.execute('SELECT module, number FROM schema_step ORDER BY module, number'):
            if number != done.get(module, 0) + 1:
                find(f'steps of the schema of {module} are missing')
            done[module] = number
    newer = any(count > OF_040.get(module, 0) for module, count in done.items())
    for module, count in OF_050.items():
        if newer and done.get(module, 0) < count and (module in done or module == 'playbill'):
            find(f'steps of the schema of {module} are missing, and later ones are there')
    of_table = {name: module for module, names in tables.items() for name in names}
    for what, sql in made.items():
        table = what[1] if what[0] == 'table' else re.search(r' ON "?(\w+)', sql).group(1)
        module = of_table[table]
        if done.get(module) == steps[module] and found.get(what, ('', ''))[1] != sql:
            find(f'the {what[0]} {what[1]} is not as the page has it')
    for kind, name in found:
        table = found[kind, name][0]
        module = of_table.get(table)
        if table not in COLUMNS and table != 'schema_step' and (module is None or module not in done):
            if set(done) <= set(steps) and all(done[m] <= steps[m] for m in done):
                find(f'there is a {kind} {name}, which the page has not')
        elif module and done[module] == steps[module] and (kind, name) not in made:
            find(f'there is a {kind} {name}, which the page has not')


def check_values(db, find):
    """Numbers within the page's ranges, and values of the other services' columns of their types."""
    kinds = {'INTEGER': 'integer', 'TEXT': 'text', 'BLOB': 'blob'}
    columns = {}
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        for row in db.execute(f'PRAGMA table_info("{table}")').fetchall():
            columns[f'{table}.{row["name"]}'] = row
            types = [kinds.get(row['type'], '?')] + ([] if row['notnull'] or row['pk'] else ['null'])
            wrong = db.execute(f'SELECT count(*) FROM "{table}" WHERE typeof("{row["name"]}") NOT IN ({",".join("?" * len(types))})',
                               types).fetchone()[0]
            if wrong:
                find(f'{table}.{row["name"]}: {wrong} values of another type')
    for (least, most), names in RANGES.items():
        for name in names.split():
            table, column = name.split('.')
            if name in columns and db.execute(f'SELECT count(*) FROM {table} WHERE {column} NOT BETWEEN ? AND ?',
                                              (least, most)).fetchone()[0]:
                find(f'{name} is out of range')


def check_lines(db, find):
    """A sale's line has the rows that its sale counts, each hanging on the one before; and no rows are nobody's."""
    if not db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'line_row'").fetchone()[0]:
        return
    sales = {row['sale_id']: row['seq'] for row in db.execute('SELECT sale_id, seq FROM sale')}
    last = {}
    for row in db.execute('SELECT sale_id, seq, prev_hash, hash FROM line_row ORDER BY sale_id, seq'):
        before, head = last.get(row['sale_id'], (0, None))
        if row['seq'] != before + 1 or (head is not None and row['prev_hash'] != head):
            find(f'sale {row["sale_id"]}: row {row["seq"]} of its line does not follow the row before')
        last[row['sale_id']] = row['seq'], row['hash']
    for sale_id in sorted(sales.keys() | last.keys()):
        if sales.get(sale_id) != last.get(sale_id, (0, None))[0]:
            find(f'sale {sale_id}: its line does not end where the sale says')
    for (sale_id,) in db.execute('SELECT DISTINCT sale_id FROM sale_performance'):
        if sale_id not in sales:
            find(f'there are performances of sale {sale_id}, which is none')


def check_schema(db, find):
    """Tables as the page has them, with nothing beside them that acts; values of their columns' types; sound indexes."""
    kinds = {'i': 'integer', 't': 'text', 'b': 'blob'}
    for kind, name in db.execute("SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'trigger')"):
        find(f'there is a {kind} {name}')
    for table, columns in COLUMNS.items():
        wanted = [column.split(':') for column in columns.split()]
        found = db.execute(f'PRAGMA table_info({table})').fetchall()
        if [row['name'] for row in found] != [name for name, _ in wanted]:
            find(f'{table} has other columns')
            continue
        if {row['name'] for row in found if row['pk']} != {name for name, kind in wanted if '!' in kind}:
            find(f'{table} has another key')
        for name, kind in wanted:
            types = [kinds[kind[0]]] + (['null'] if '?' in kind else [])
            wrong = db.execute(f'SELECT count(*) FROM {table} WHERE typeof({name}) NOT IN ({",".join("?" * len(types))})',
                               types).fetchone()[0]
            if wrong:
                find(f'{table}.{name}: {wrong} values of another type')
    indexes = set()
    for table in ('orders', 'wish'):
        for row in db.execute(f'PRAGMA index_list({table})').fetchall():
            for column in db.execute(f'PRAGMA index_info({row["name"]})').fetchall():
                indexes.add((table, column['name'], row['unique']))
    runs = db.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% ON orders (order_no >> 12, account_id)'").fetchone()
    if not INDEXES <= indexes or runs[0] != 1:
        find('a table lacks an index')
    check_modules(db, find)
    check_values(db, find)
    for (text,) in db.execute('PRAGMA integrity_check'):
        if text != 'ok':
            find(text)


def place_of(row):
    """What is hashed of the place and of paying later: nothing where nobody said any of it."""
    place = {name: row[name] for name in ('doors_at_ms', 'later_ms', 'gate', 'address') if name in row.keys()}
    if not any(place.values()):
        return b''
    return (be(place['doors_at_ms'] or 0, 8) + be(place['later_ms'] or 0, 4) + sha256((place['gate'] or '').encode())
            + sha256((place['address'] or '').encode()))


def told_now(db):
    """What the playbill tells: (about, id) → (number, hash of the content)."""
    now = {}
    for row in db.execute('SELECT * FROM playbill WHERE event_id <> 0'):
        now[1, row['event_id']] = row['number'], sha256(
            be(row['state'], 4) + be(row['published_at_ms'], 8) + b''.join(
                sha256(row[name].encode()) for name in ('name', 'description', 'poster')))
    for row in db.execute('SELECT * FROM performance_date'):
        now[2, row['performance_id']] = row['number'], sha256(
            be(row['starts_at_ms'], 8) + be(row['utc_offset_known'] != 0, 4) + be(row['utc_offset_minutes'], 4)
            + sha256(row['time_zone'].encode()) + place_of(row))
    return now


def uncovered(db):
    """What no genesis hash covers: (about, id) → hash of the content."""
    now = {}
    for row in db.execute('SELECT * FROM performance WHERE covers_names = 0'):
        offset = row['utc_offset_minutes']
        now[4, row['performance_id']] = sha256(be(offset is not None, 4) + be(offset or 0, 4))
        for hall in db.execute('SELECT * FROM hall WHERE hall_id = ?', (row['hall_id'],)):
            now[3, hall['hall_id']] = sha256(be(hall['section_count'], 4) + sha256(hall['name'].encode()) + hall['layout_hash'])
    return now


def check_playbill(db, find):
    """The chain of what tickets show beside their place, where the store has one."""
    if not db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'playbill_row'").fetchone()[0]:
        return
    seq, number, last_hash, told = 0, 0, bytes(32), {}
    for row in db.execute('SELECT * FROM playbill_row ORDER BY seq'):
        where = f'playbill, row {row["seq"]}: '
        if row['seq'] != seq + 1:
            find(f'{where}it follows row {seq}')
        if row['number'] < number:
            find(f'{where}its number is less than the one before')
        if row['prev_hash'] != last_hash:
            find(f'{where}it does not hang on the row before')
        hashed = (b'usher playbill1\n' + be(row['seq'], 8) + be(row['about'], 4) + be(row['id'], 4) + be(row['number'], 8)
                  + row['prev_hash'] + row['content'])
        if sha256(hashed) != row['hash']:
            find(f'{where}its hash is wrong')
        seq, number, last_hash = row['seq'], row['number'], row['hash']
        told[row['about'], row['id']] = row['number'], row['content']
    now = told_now(db)
    if any(about >= 3 for about, _ in told):
        now.update((what, (told.get(what, (0, 0))[0], content)) for what, content in uncovered(db).items())
    names = {1: 'event', 2: 'performance', 3: 'hall', 4: 'performance'}
    for what in sorted(told.keys() | now.keys()):
        if told.get(what) != now.get(what):
            find(f'playbill: what is told of {names[what[0]]} {what[1]} is not what its chain says')
    newest = db.execute('SELECT number FROM playbill WHERE event_id = 0').fetchone()
    if not told and db.execute('SELECT count(*) FROM performance').fetchone()[0]:
        find('playbill: its chain is gone, and there are performances')
    if now and (newest is None or newest[0] != number):
        find('playbill: the newest number is not that of the chain')


def check(db, find):
    steps = [number for (number,) in db.execute('SELECT number FROM migration ORDER BY number')]
    if steps != list(range(1, 13)):
        raise Malformed(f'migrations {steps} are not the ones the page describes')
    unsound = []
    check_schema(db, unsound.append)
    for text in unsound:
        find(text)
    performances = db.execute('SELECT * FROM performance ORDER BY performance_id').fetchall()
    if unsound:
        return len(performances)  # what is in them cannot be relied on
    known = {row['performance_id'] for row in performances}
    for table in ('ledger', 'sold', 'orders', 'blocked', 'price_list', 'price_plan', 'waiting', 'wish'):
        for (performance_id,) in db.execute(f'SELECT DISTINCT performance_id FROM {table}'):
            if performance_id not in known:
                find(f'{table} has rows of performance {performance_id}, which is none')
    for row in performances:
        Performance(db, row, find).check()
    used = {row['hall_id'] for row in performances}
    for hall in db.execute('SELECT * FROM hall ORDER BY hall_id'):
        if hall['hall_id'] not in used:
            check_layout(hall, lambda text, hall_id=hall['hall_id']: find(f'hall {hall_id}: {text}'))
    check_playbill(db, find)
    check_lines(db, find)
    return len(performances)


def check_dir(path):
    """The exit code of one store, which has been told on standard output."""
    findings = []
    try:
        db = sqlite3.connect(f'file:{path}/usher.db?mode=ro', uri=True, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute('BEGIN')
        performances = check(db, findings.append)
        db.close()
    except (sqlite3.Error, Malformed) as reason:
        print(f'{path}: cannot be checked: {reason}')
        return 2
    for text in findings:
        print('  ' + text)
    print(f'{path}: {performances} performances, {len(findings)} findings')
    return 1 if findings else 0


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    return max([check_dir(path) for path in sys.argv[1:]])


if __name__ == '__main__':
    sys.exit(main())
