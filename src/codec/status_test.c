#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/status.h"
#include "err/err.h"
#include "usher/v1/error.pb-c.h"

static Usher__V1__ErrorDetail taken(uint32_t *seats)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = "SEATS_TAKEN";
    detail.n_seats = 2;
    detail.seats = seats;
    return detail;
}

static void packs_what_it_unpacks(void **state)
{
    uint32_t seats[] = {7, 300};
    Usher__V1__ErrorDetail detail = taken(seats);
    struct arena arena;
    struct buf b;
    int code;
    const char *message;
    const ProtobufCMessage *back;
    arena_init(&arena, 64u << 10);
    buf_init(&b, 4096);
    assert_int_equal(status_pack(10, VIEW_LIT("two seats are taken"), &detail.base, NULL, &b), 0);
    assert_int_equal(status_unpack(buf_view(&b), &usher__v1__error_detail__descriptor, &arena,
                                   &code, &message, &back),
                     0);
    assert_int_equal(code, 10);
    assert_string_equal(message, "two seats are taken");
    const Usher__V1__ErrorDetail *d = (const Usher__V1__ErrorDetail *)back;
    assert_string_equal(d->reason, "SEATS_TAKEN");
    assert_int_equal(d->n_seats, 2);
    assert_int_equal(d->seats[1], 300);
    buf_release(&b);
    arena_release(&arena);
}

static void further_details_come_behind(void **state)
{
    uint32_t seats[] = {7, 300};
    Usher__V1__ErrorDetail detail = taken(seats);
    struct status_detail second = {NULL, VIEW_LIT("a.B"), VIEW_LIT("\x08\x01")};
    struct status_detail first = {&second, VIEW_LIT("usher.v1.ErrorDetail"), VIEW_LIT("\x0a\x01G")};
    struct arena arena;
    struct buf b;
    int code;
    const char *message;
    const ProtobufCMessage *back;
    arena_init(&arena, 64u << 10);
    buf_init(&b, 4096);
    assert_int_equal(status_pack(10, VIEW_LIT("no"), NULL, &first, &b), 0);
    assert_int_equal(status_unpack(buf_view(&b), &usher__v1__error_detail__descriptor, &arena,
                                   &code, &message, &back),
                     0);
    assert_string_equal(((const Usher__V1__ErrorDetail *)back)->reason, "G");
    static const char last[] = "\x1a\x1d\x0a\x17type.googleapis.com/a.B\x12\x02\x08\x01";
    assert_true(b.len > sizeof(last));
    assert_memory_equal(buf_view(&b).at + b.len - (sizeof(last) - 1), last, sizeof(last) - 1);
    buf_clear(&b);
    assert_int_equal(status_write_connect("aborted", VIEW_LIT(""), NULL, &second, &b), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("{\"code\":\"aborted\",\"details\":[{\"type\":"
                                               "\"a.B\",\"value\":\"CAE\"}]}")));
    buf_clear(&b);
    first.next = NULL;
    assert_int_equal(status_write_connect("aborted", VIEW_LIT(""), &detail.base, &first, &b), 0);
    assert_int_equal(buf_append_byte(&b, '\0'), 0);
    assert_non_null(strstr(buf_view(&b).at, "[7,300]}},{\"type\":\"usher.v1.ErrorDetail\","
                                            "\"value\":\"CgFH\"}]}"));
    buf_release(&b);
    arena_release(&arena);
}

static void the_packed_bytes_are_those_of_google_rpc_status(void **state)
{
    /* Written by hand from the wire format: code 5, message "no", one Any of 50 bytes, whose type
     * has 40 and value 6. */
    static const char wire[] = "\x08\x05\x12\x02no\x1a\x32\x0a\x28type.googleapis.com/"
                               "usher.v1.ErrorDetail\x12\x06\x0a\x04GONE";
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    struct buf b;
    buf_init(&b, 4096);
    detail.reason = "GONE";
    assert_int_equal(status_pack(5, VIEW_LIT("no"), &detail.base, NULL, &b), 0);
    assert_int_equal(b.len, sizeof(wire) - 1);
    assert_memory_equal(buf_view(&b).at, wire, sizeof(wire) - 1);
    buf_release(&b);
}

static void malformed_or_foreign_details_are_told_apart(void **state)
{
    struct arena arena;
    int code = -1;
    const char *message;
    const ProtobufCMessage *detail;
    arena_init(&arena, 64u << 10);
    assert_int_equal(status_unpack(VIEW_LIT("\x12\xff"), &usher__v1__error_detail__descriptor,
                                   &arena, &code, &message, &detail),
                     ERR_INVALID);
    assert_int_equal(code, -1);
    /* Another type's detail is not ours, and no error. */
    assert_int_equal(status_unpack(VIEW_LIT("\x08\x05\x1a\x05\x0a\x03x/y"),
                                   &usher__v1__error_detail__descriptor, &arena, &code, &message,
                                   &detail),
                     0);
    assert_int_equal(code, 5);
    assert_string_equal(message, "");
    assert_null(detail);
    arena_release(&arena);
}

static void writes_the_json_of_connect(void **state)
{
    uint32_t seats[] = {7, 300};
    Usher__V1__ErrorDetail detail = taken(seats);
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(
        status_write_connect("aborted", VIEW_LIT("row \"C\" is taken"), &detail.base, NULL, &b), 0);
    assert_true(view_eq(buf_view(&b),
                        VIEW_LIT("{\"code\":\"aborted\",\"message\":\"row \\\"C\\\" is taken\","
                                 "\"details\":[{\"type\":\"usher.v1.ErrorDetail\","
                                 "\"value\":\"CgtTRUFUU19UQUtFThIDB6wC\",\"debug\":"
                                 "{\"reason\":\"SEATS_TAKEN\",\"seats\":[7,300]}}]}")));
    buf_clear(&b);
    assert_int_equal(status_write_connect("unknown", VIEW_LIT(""), NULL, NULL, &b), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("{\"code\":\"unknown\"}")));
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_what_it_unpacks),
        cmocka_unit_test(further_details_come_behind),
        cmocka_unit_test(the_packed_bytes_are_those_of_google_rpc_status),
        cmocka_unit_test(malformed_or_foreign_details_are_told_apart),
        cmocka_unit_test(writes_the_json_of_connect),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
