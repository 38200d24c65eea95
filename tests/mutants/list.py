"""Deliberate faults: a file of src, a text that is in it once, what it becomes, and the test that must notice."""
MUTANTS = [
    # seats
    ("seats/engine.c", "if (s->slots[slot].hold.expires_at_ms <= now_ms)",
     "if (s->slots[slot].hold.expires_at_ms < now_ms)", "seats/seats_engine_test"),
    ("seats/engine.c", "    if (hold->expires_at_ms <= now_ms)\n        return ERR_TIMEOUT;\n    if (expires", "    if (hold->expires_at_ms < now_ms)\n        return ERR_TIMEOUT;\n    if (expires", "seats/seats_engine_test"),
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
    # line
    ("line/line.c", "entry->number != line->count + 1 || ", "", "line/line_line_test"),
    ("line/decide.c", "if (at_ms >= line_claim_end_ms(line, person))\n", "if (at_ms > line_claim_end_ms(line, person))\n", "line/line_line_test"),
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
]
