"""Deliberate faults: a file of src, a text that is in it once, what it becomes, and the suite that must notice: a program of
the build with its arguments, below src/ where it does not say tests/."""
INTERLEAVE = "tests/interleave/interleave"
MEM = "tests/conformance/conformance mem"
SQLITE = "tests/conformance/conformance sqlite"
MONEY = "tests/sim/sim_money --seeds 400 --until-failed"
SIM = "tests/sim/sim --seeds 1000"
CLUSTER = "tests/sim/sim --cluster --seeds 400 --until-failed"

MUTANTS = [
    # seats
    ("seats/engine.c", "if (s->slots[slot].hold.expires_at_ms <= now_ms)",
     "if (s->slots[slot].hold.expires_at_ms < now_ms)", "seats/seats_engine_test"),
    ("seats/engine.c", "    if (hold->expires_at_ms <= now_ms)\n        return ERR_TIMEOUT;\n    if (ends", "    if (hold->expires_at_ms < now_ms)\n        return ERR_TIMEOUT;\n    if (ends", "seats/seats_engine_test"),
    ("seats/engine.c", "        s->stale[window] = UINT8_MAX;\n        if", "        s->stale[window] = 1;\n        if", "seats/seats_best_test"),
    ("seats/best.c", "uint64_t right = free >> party & ~(free >> (party + 1));",
     "uint64_t right = free >> party & ~(free >> (party + 2));", "seats/seats_best_test"),
    ("seats/best.c", "if (w->ring && w->starts <= party + 1)", "if (w->ring && w->starts <= party)", "seats/seats_best_test"),
    # hall
    ("hall/neighbours.c", "#define AISLE_FACTOR 1.6", "#define AISLE_FACTOR 2.1", "hall/hall_pretix_test"),
    ("hall/neighbours.c", "n->ring = whole && closing <= widest", "n->ring = whole && closing <= 3 * widest", "hall/hall_neighbours_test"),
    ("hall/blocks.c", "row->begins = first == NONE;", "row->begins = true;", "hall/hall_drawn_test"),
    ("hall/stage.c", "facing = facing && stands[k].direction == -before;",
     "facing = facing && stands[k].direction == before;", "hall/hall_drawn_test"),
    ("hall/levels.c", "#define OVER_PART    3", "#define OVER_PART    1", "hall/hall_levels_test"),
    ("hall/csv.c", "at++;\n    }", "at += 2;\n    }", "hall/hall_export_test"),
    ("hall/xml.c", "{VIEW_LIT(\"&amp;\"), '&'}", "{VIEW_LIT(\"&amp;\"), '+'}", "hall/hall_export_test"),
    ("hall/svg.c", "m.a * n.e + m.c * n.f + m.e", "m.a * n.e + m.c * n.f", "hall/hall_export_test"),
    ("hall/stage.c", "#define STAGE_SHARE 5", "#define STAGE_SHARE 1", "hall/hall_stage_test"),
    ("hall/sight.c", "#define ASIDE_PART  2", "#define ASIDE_PART  5", "hall/hall_sight_test"),
    ("hall/listing.c", "comma && text.at[i] == ','", "!comma && text.at[i] == ','", "hall/hall_export_test"),
    ("hall/color.c", "(uint32_t)(high << 4 | low)", "(uint32_t)(low << 4 | high)", "hall/hall_pretix_test"),
    # sale
    ("sale/ledger.c", "if (row->seq != tail->seq + 1)", "if (row->seq < tail->seq)", "sale/ledger_test"),
    ("sale/ledger.c", "row->version <= row->version_before)", "row->version < row->version_before)", "sale/ledger_test"),
    ("sale/ledger.c", "if (row->epoch == 0 || row->epoch < tail->epoch)", "if (row->epoch == 0)", "sale/ledger_test"),
    ("sale/ledger.c", "if (memcmp(row->prev_hash, tail->hash, LEDGER_HASH_BYTES) != 0)",
     "if (memcmp(row->prev_hash, tail->hash, 1) != 0)", "sale/ledger_test"),
    ("sale/refund.c", "order_day : kept == 0;", "order_day : true;", "sale/sale_refund_test"),
    ("sale/refund.c", "if (ask->organisers_fault) {", "if (false) {", "sale/sale_refund_test"),
    ("sale/ledger.c", "if (memcmp(row->hash, hash, LEDGER_HASH_BYTES) != 0)", "if (false)", "sale/ledger_test"),
    # a cluster
    ("store/mem/commit.c", "if (batch->epoch != head->epoch || batch->row.seq", "if (batch->row.seq", MEM),
    ("store/mem/commit.c", "batch->row.seq != head->seq + 1 ||\n        batch->row.version_before != head->version ||\n        memcmp(batch->row.prev_hash, head->head_hash, STORE_HASH_BYTES) != 0)",
     "false)", CLUSTER),
    ("svc/ticket/tenure.c", "    return atomic_load(&((struct post *)state)->ours);", "    return true;", CLUSTER),
    ("svc/ticket/owners.c", "    ask->key = view_of(m->key.data, m->key.len);\n", "", CLUSTER),
    ("coord/local/local.c", "    if (lease && !view_eq(view_of(lease->text, lease->text_len), holder)) {", "    if (false) {", CLUSTER),
    ("owner/owner.c", "    if (news->states && owner->told && news->version == owner->told_version)\n        return true;\n", "", CLUSTER),
    ("owner/owner.c", "    if (!news->states && !(owner->told && news->from_version == owner->told_version))\n        return false;\n", "", "owner/owner_gate_test"),
    # line
    ("line/line.c", "entry->number != line->count + 1 || ", "", "line/line_line_test"),
    ("line/decide.c", "if (at_ms >= line_claim_end_ms(line, person, at_ms))\n", "if (at_ms > line_claim_end_ms(line, person, at_ms))\n", "line/line_line_test"),
    ("line/draw.c", "if (n % 2 == 1) /*", "if (n % 2 == 0) /*", "line/line_draw_test"),
    ("line/admission.c", "if (news->queued >= ADMISSION_QUEUE_MAX)", "if (news->queued > 2 * ADMISSION_QUEUE_MAX)", "line/line_admission_test"),
    ("line/line.c", "if (entry->at_ms < line->at_ms)", "if (false)", "line/line_line_test"),
    ("line/decide.c", "if (line->state != LINE_OPEN || places_left == 0 || line->waiting == 0)",
     "if (line->state != LINE_OPEN || line->waiting == 0)", "line/line_line_test"),
    ("line/draw.c", "if (index % 2 == 1)", "if (index % 2 == 0)", "line/line_draw_test"),
    # owner
    ("owner/keys.c", "if (now_ms - kept->put_at_ms < keys->keep_ms)", "if (now_ms - kept->put_at_ms <= keys->keep_ms / 2)", "owner/owner_keys_test"),
    ("owner/habits.c", "if (pause_ms > HABITS_PAUSE_MS)", "if (pause_ms > 2 * HABITS_PAUSE_MS)", "owner/owner_habits_test"),
    ("owner/waiting.c", "        if (!id_is_zero(wish->hold_id) || !fits(", "        if (!fits(", "owner/owner_waiting_test"),
    ("owner/waiting.c", "    wish.lapses += !sold;\n", "", "owner/owner_waiting_test"),
    ("owner/waiting.c", "told->ahead += id_is_zero(owner->wishes[k].hold_id) && compete", "told->ahead += compete", "owner/owner_waiting_test"),
    ("owner/commit.c", "memcpy(owner->head_hash, batch->row.hash, sizeof(owner->head_hash));", "", "owner/owner_owner_test"),
    ("owner/commit.c", "        if (fortune != DURABLE)\n            result", "        if (fortune == DOUBT)\n            result", INTERLEAVE),
    ("owner/commit.c", "    owner_arm_expiry(owner);\n    owner_arm_forget(owner);", "    owner_arm_forget(owner);", "tests/sim/sim --seeds 300"),
    ("owner/commit.c", "        done = order_is_so(owner, ask);", "        done = !id_eq(sold->order_id, id) || order_is_so(owner, ask);",
     "owner/owner_orders_test"),
    ("owner/decide.c", "return hold && id_eq(hold->account_id, ask->account_id) ? hold : NULL;", "return hold;", "owner/owner_owner_test"),
    ("owner/decide.c", "if (!id_is_zero(ask->payment_id) && ask->paid != owner_price(owner, hold, ask->amounts)) {",
     "if (false) {", "owner/owner_owner_pay_test"),
    ("owner/orders.c", "    return sold->version > owner->version ? ERR_UNAVAILABLE : 0;", "    return 0;", INTERLEAVE),
    ("owner/orders.c", "    return ask->total == ask->paid ? 0 : ERR_UNSUPPORTED;", "    return 0;", "owner/owner_orders_test"),
    ("owner/orders.c", "if (seats_state(owner->seats, ask->to[i]) != SEATS_FREE)", "if (seats_state(owner->seats, ask->to[i]) == SEATS_SOLD)", "owner/owner_orders_test"),
    ("store/store.c", "        if (amounts_place(was, to[i]) != had)\n            return ERR_EXISTS;\n", "", "owner/owner_orders_test"),
    ("owner/decide.c", "ask->until_ms < most_ms ? ask->until_ms : most_ms;", "most_ms > 0 ? ask->until_ms : most_ms;", "owner/owner_owner_pay_test"),
    ("owner/decide.c", "memcmp(known->request_hash, ask->request_hash, sizeof(ask->request_hash)) != 0", "false", "owner/owner_owner_test"),
    ("owner/load.c", "if (at_ms < 0 || hold->expires_at_ms <= at_ms)", "if (at_ms < 0)", "owner/owner_load_test"),
    ("owner/load.c", "if (owner->has_time && now_ms < owner_now_ms(owner))", "if (false)", SIM),
    ("owner/blocks.c", "block->until_ms != 0 && block->until_ms <= now_ms && is_durable(owner, block);",
     "block->until_ms <= now_ms && is_durable(owner, block);", "owner/owner_blocks_test"),
    ("owner/uses.c", "if (code->places > 0 && all + hold->count > code->places)", "if (code->places > 0 && all > code->places)",
     "owner/owner_prices_test"),
    # stores
    ("store/sqlite/commit.c", '" WHERE performance_id = ? AND epoch = ? AND seq = ? AND version = ? AND head_hash = ?",',
     '" WHERE performance_id = ? AND epoch >= ? AND seq = ? AND version = ? AND head_hash = ?",', SQLITE),
    ("store/sqlite/commit.c", "    if (err == 0)\n        err = add_row(txn, batch);", "    err = add_row(txn, batch);", SQLITE),
    ("store/sqlite/commit.c", "        if (!store_seats_have(cancel->left, seat))\n            err = change_one(",
     "        if (cancel->left.len == 0)\n            err = change_one(", SQLITE),
    ("store/sqlite/commit.c", "DELETE FROM blocked WHERE performance_id = ? AND seat = ? AND block_id = ?",
     "DELETE FROM blocked WHERE performance_id = ? AND seat >= ? AND block_id = ?", SQLITE),
    ("store/sqlite/commit.c", '"DELETE FROM outbox WHERE outbox_id <= ?"', '"DELETE FROM outbox WHERE outbox_id < ?"', SQLITE),
    ("store/mem/commit.c", "if (batch->epoch != head->epoch || batch->row.seq", "if (batch->epoch < head->epoch || batch->row.seq", MEM),
    ("store/mem/commit.c", "        if (!id_is_zero(sale->sold[sold->seat]))\n            return ERR_CONFLICT;\n", "", MEM),
    ("store/mem/commit.c", "        set_sold(sale, cancel->seats, cancel->left, cancel->order_id);\n    }", "    }", MEM),
    ("store/mem/commit.c", "        if (find_order(m, order_id))\n            return ERR_CONFLICT;\n", "", MEM),
    ("store/tables/performance.c", "UPDATE performance SET epoch = epoch + 1 WHERE", "UPDATE performance SET epoch = epoch WHERE", SQLITE),
    ("store/batch.c", "    if (batch->sale_count > 0)\n", "    if (false)\n", SIM),
    ("store/payments.c", "job->same = err == 0 && same == 1;", "job->same = err == 0;", "store/store_payments_test"),
    ("store/payments.c", '" taken = ?, version = version + 1 WHERE refund_id = ? AND version = ?",',
     '" taken = ?, version = version + 1 WHERE refund_id = ? AND version >= ?",',
     "store/store_payments_test"),
    ("store/payments.c", "return err == ERR_CONFLICT ? ERR_EXISTS : err;\n}\n\nint webhook_put", "return err == ERR_CONFLICT ? 0 : err;\n}\n\nint webhook_put",
     "store/store_payments_test"),
    ("store/receipts.c", "\"INSERT INTO receipt_counter (organiser_id, last_number) VALUES (?, 1)\",", "\"INSERT INTO receipt_counter (organiser_id, last_number) VALUES (?, 2)\",",
     "store/store_receipts_test"),
    ("store/receipts.c", "const int64_t price = total - fee + r->amount - r->fee;", "const int64_t price = total + r->amount - r->fee;",
     "store/store_receipts_test"),
    ("store/scans.c", "    if (err == 0 && !same)", "    if (err == 0 && !same && after < 0)", "store/store_scans_test"),
    ("store/deposits.c", '" WHERE forget_at_ms > 0 AND forget_at_ms <= ?",', '" WHERE forget_at_ms > 0 AND forget_at_ms < ?",', "store/store_deposits_test"),
    ("store/line.c", "UPDATE sale SET epoch = epoch + 1 WHERE sale_id = ?", "UPDATE sale SET epoch = epoch WHERE sale_id = ?", "store/store_line_test"),
    # payment
    ("sale/payment.c", "placed == b->captured && b->pending > 0;", "b->pending > 0;", "sale/sale_payment_test"),
    ("sale/payment.c", "(states[from].next >> to & 1)", "(states[from].next >> to)", "sale/sale_payment_test"),
    ("svc/payment/adapters/stripe.c", "llabs((long long)at_s - env->now_ms / 1000) > TOLERANCE_S)", "false)", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/adapters/stripe.c", "right |= sodium_memcmp(given, mac, sizeof(mac)) == 0;", "right = true;", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/adapters/stripe.c", 'if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)',
     'if (strcmp(status, "failed") == 0)', "svc/payment/svc_payment_adapters_test"),
    ("svc/payment/adapters/toss.c", "    if (!id || strcmp(text_of(json, \"orderId\"), id) != 0)\n        return; /* of another",
     "    if (!id)\n        return; /* of another", "svc/payment/svc_payment_adapters_test"),
    ("svc/payment/adapters/exchange.c", "if (returned < 0 || returned > told->amount)", "if (returned > told->amount)", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/adapters/exchange.c", "c != '-' && c != '_' && c != '~')", "c < ' ')", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/adapters/nicepay.c", "    if (done < 0) /* less than was before */\n        return;\n", "", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/adapters/toss.c", '{"REJECT_CARD_PAYMENT", SAID_DECLINED, "CARD_DECLINED"},', '{"REJECT_CARD_PAYMENT", SAID_WAITING, "CARD_DECLINED"},',
     "svc/payment/svc_payment_adapters_test"),
    ("svc/payment/adapters/nicepay.c", "return ours && strlen(theirs) == HEX_CHARS && sodium_memcmp(ours, theirs, HEX_CHARS) == 0;",
     "return ours && strlen(theirs) == HEX_CHARS;", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/adapters/nicepay.c", "strcmp(amount, ours) != 0 ||", "", "svc/payment/svc_payment_hears_test"),
    ("svc/payment/give_back.c", "    adapter->refund(env, p, r, told);\n    if (told->unasked",
     "    told->said = SAID_CAPTURED;\n    if (told->unasked", MONEY),  # refund forgotten
    ("svc/payment/flow.c", "    adapter->lookup(&env, p, &told);\n    /* Of what is paid later",
     "    told = (struct told){.said = SAID_CAPTURED, .amount = p->books.amount, .currency = p->currency};\n    /* Of what is paid later", MONEY),  # heard is believed
    ("svc/payment/adapters/toss.c", "    else if (p->state != PAYMENT_WAITING)\n        lookup(env, p, told);\n",
     "", MONEY),  # second attempt too early
    ("svc/payment/adapters/stripe.c", "    json_decref(json);\n    if (!read)\n        return 0;\n",
     "    json_decref(json);\n    *ret_sums = (struct refunds){.count = (uint32_t)env->now_ms};\n    if (!read)\n        return 0;\n", MONEY),  # refund without its id
    ("svc/ticket/passes.c", "    *ret_has_line = true; /* perhaps */", "    *ret_has_line = false;", MONEY),  # who paid by card stays inside
    ("svc/ticket/passes.c", "    *ret_has_line = err == 0 && answer->expires_at_ms != 0;\n    return err;",
     "    *ret_has_line = err == 0 && answer->expires_at_ms != 0;\n    return client.status.code == CODE_UNAVAILABLE ? 0 : err;", MONEY),  # in doubt, sell
    ("svc/ticket/orders.c", "        if (find_order(call, ask.hold_id, &order) == 0 &&\n            order.performance_id == performance->performance_id)\n"
     "            return desk_answer_order(call, &order, response);\n        return desk_pass_refused", "        return desk_pass_refused", MONEY),  # asked again, another answer
    ("svc/payment/begin.c", "    const int64_t ends_ms =\n        hold->expires_at_ms -",
     "    const int64_t ends_ms =\n        hold->expires_at_ms + 30000 -", MONEY),  # hold ends before the attempt
    ("svc/payment/flow.c", "    err = p->state == PAYMENT_CONFIRMING\n",
     "    err = p->state == PAYMENT_WAITING || p->state == PAYMENT_CONFIRMING\n", MONEY),  # charged before it is written
    ("svc/payment/flow.c", '    return flow_move(w, p, PAYMENT_UNCLEAR, role_now_ms() + flow_retry_ms(p->tries), NULL,\n                     "the provider did not say',
     '    return dead(w, p, PAYMENT_DECLINED, "CARD_DECLINED") + 0 * flow_move(w, p, PAYMENT_UNCLEAR, 0, NULL,\n                     "the provider did not say', MONEY),  # lost is declined
    ("svc/payment/flow.c", "    if (told->amount != p->books.amount || !view_eq(told->currency, p->currency))\n        return charged",
     "    if (told->amount < 0)\n        return charged", MONEY),  # any amount is taken
    ("svc/payment/flow.c", "        proven = told.said == SAID_READY && view_eq(told.ref, ref);", "        proven = true;",
     MONEY),  # a way back that was made up keeps places
    ("owner/decide.c", "    if (stage == CHANGE_STAGE_PAYING && hold->paying)\n", "    if (stage == CHANGE_STAGE_PAYING && hold->count == 0)\n",
     "owner/owner_owner_pay_test"),
    ("svc/payment/adapters/nicepay.c", "        !is_date(text_of(json, \"ediDate\")))", "        (!is_date(text_of(json, \"ediDate\")) && text_of(json, \"ediDate\")[0] == 0))",
     "svc/payment/svc_payment_hears_test"),
    ("svc/payment/flow.c", "    if (payment_is_dead(p->state) && told->said != SAID_CAPTURED)\n",
     "    if (told->said > SAID_DEAD)\n", MONEY),  # a dead attempt moves
    ("svc/payment/adapters/nicepay.c", "now.said != SAID_CAPTURED || now.amount != p->books.amount",
     "now.said != SAID_CAPTURED", MONEY),  # another amount is a refund
    ("svc/payment/adapters/exchange.c", 'arena_printf(arena, "refund-%s-%u-%u", id, done, r->round)',
     'arena_printf(arena, "refund-%s-%u-%u", id, done, 0u)', "svc/payment/svc_payment_hears_test"),
    ("svc/payment/give_back.c", "    if (!id_is_zero(r->order_id) && tickets_cancel(w, r, p->account_id) != 0)",
     "    if (false)", MONEY),  # money before tickets
    ("svc/door/relay.c", "    if (err == 0 && (round->to > round->from || round->sweep)) {\n",
     "    if (round->to > round->from || round->sweep) {\n", MONEY),  # a mail is skipped
    ("svc/door/post.c", "        else if (begin_try(door, mail) == 0)\n            err = try_mail",
     "        else if (begin_try(door, mail) != ERR_BUSY)\n            err = try_mail", MONEY),  # mail before the try is written
    ("svc/door/post.c", "lobby_compose(door, &mail, mail.message_id,",
     'lobby_compose(door, &mail, view_str(arena_printf(&t.arena, "%u.%.*s", mail.tries, VIEW_ARG(mail.message_id))),', MONEY),  # mail under a new id
    # edge
    ("net/range.c", "if (kept < 8)", "if (kept < 7)", "net/net_range_test"),
    ("net/range.c", "net_range_is4(address) ? NET_RANGE_BITS4 + 24 : 48", "net_range_is4(address) ? NET_RANGE_BITS4 + 16 : 48", "net/net_range_test"),
    ("net/public.c", "        if (net_range_has(&range, address))\n            return false;", "        if (net_range_has(&range, address))\n            return i > 0;", "net/net_public_test"),
    ("wire/proxy.c", "        if (!proxy_is_trusted(options, said.address))\n            break;\n", "", "wire/wire_proxy_test"),
    ("wire/proxy.c", "if (bytes.len < header.len)", "if (bytes.len + 1 < header.len)", "wire/wire_proxy_test"),
    ("wire/proxy.c", "return at[3] & SSL_CLIENT;", "return true;", "wire/wire_proxy_test"),
    ("wire/caller.c", "return value.len && is_same_origin(head, secure) ? value : (struct view){0};",
     "return value.len && (is_same_origin(head, secure) || secure) ? value : (struct view){0};", "wire/wire_caller_test"),
    ("wire/cache.c", "memcmp(a->request_hash, b->request_hash, sizeof(a->request_hash)) == 0", "true", "wire/wire_cache_test"),
    ("http/h1_head.c", "if (c->hosts == 0 && head->minor > 0)", "if (false)", "http/http_h1_test"),
    ("http/h1_head.c", "if (line_start == 0 && end > H1_LINE_MAX)", "if (line_start == 0 && end > 2 * H1_LINE_MAX)", "http/http_h1_test"),
    ("http/overlong.c", "if (o->state == VALUE_LEN && o->len >= OVERLONG_MIN && o->shift == 21)", "if (false)", "http/http_overlong_test"),
    ("svc/gateway/negotiate.c", "weight += unit * (uint32_t)(text.at[i] - '0');", "weight += (uint32_t)(text.at[i] - '0');", "svc/gateway/svc_gateway_test"),
    ("svc/gateway/negotiate.c", "        if (view_starts(item, VIEW_LIT(\"W/\")))\n            item = view_of(item.at + 2, item.len - 2);\n", "", "svc/gateway/svc_gateway_test"),
    # db
    ("db/http.c", "    if (!is_one_request(ask))\n        return ERR_INVALID;\n", "    (void)is_one_request;\n", "db/db_http_test"),
    ("db/redis_answer.c", "    if ((size_t)count > REDIS_ELEMENTS_MAX)\n        return NULL;\n", "", "db/db_redis_test"),
    ("db/redis_answer.c", "    if (reader->taken > REDIS_ANSWER_MAX)\n        return ERR_FULL;\n", "", "db/db_redis_test"),
    ("db/sqlite_log.c", "return code != SQLITE_OK ? code : log->real->pMethods->xSync(log->real, flags);", "return code;",
     "tests/sim/sim --disk --seeds 200"),
    ("db/sqlite_writer.c", "        w->broken = true;\n        answer_all(jobs, ERR_UNKNOWN);", "        answer_all(jobs, 0);",
     "tests/sim/sim --disk --seeds 200"),
    # token
    ("token/guest.c", "if (now_s >= claims.expires_at_s)", "if (now_s > claims.expires_at_s)", "token/token_guest_test"),
    ("token/pass.c", "if (memcmp(again, text.at, PASS_CHARS) != 0)", "if (false)", "token/token_pass_test"),
    # http
    ("http/rate.c", "if (r->tokens == 0)", "if (r->tokens == 1)", "http/http_rate_test"),
    ("http/preface.c", "if (n == left)", "if (n >= 1)", "http/http_preface_test"),
    # codec
    ("codec/base64.c", "if (!strip_padding(&text) || text.len % 4 == 1)", "if (!strip_padding(&text))", "codec/codec_base64_test"),
    # mem
    ("mem/id.c", "if (digit_value(text.at[0]) > 7)", "if (digit_value(text.at[0]) > 8)", "mem/mem_id_test"),
    ("mem/buf.c", "if (len > b->max - b->len)", "if (len > b->max)", "mem/mem_buf_test"),
    # one answer with another amount, and a refund before the next look: the simulation found it
    ("svc/payment/give_back.c", "const bool otherwise = p->contradiction.len > 0;",
     "const bool otherwise = view_eq(p->contradiction, VIEW_LIT(PAYMENT_TAKEN_BACK));", MONEY),
    # every read, write and sync of the embedded store fails once
    ("db/sqlite_writer.c", "        answer_all(jobs, ERR_UNKNOWN);\n        return;\n    }\n    if (!w->options.alone)",
     "        answer_all(jobs, 0);\n        return;\n    }\n    if (!w->options.alone)", "tests/sim/sim_disk_test"),
]
