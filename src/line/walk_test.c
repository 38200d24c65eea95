/*
 * Walks: random ones beside a naive model that knows nothing but a list of people, and every short
 * one there is. After each step line and model agree, the promises hold, and reading the entries
 * back gives the same line.
 */
#include "line/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "line/admission.h"
#include "line/draw.h"

#define START    INT64_C(1790000000000)
#define CLAIM    300
#define PASS     900
#define ACCOUNTS 12
#define STEPS    3000
#define SEEDS    20
#define CAPACITY 3

static const uint8_t secret[LINE_HASH_BYTES] = {4};

/* What a person on a bench with a clipboard would write down. */
struct model {
    struct {
        uint64_t account;
        int64_t since_ms;
        enum person_state state;
    } people[STEPS + 1]; /* by number, from 1 */
    uint32_t count;
    uint32_t serving;
    bool stopped;
    int64_t run_ms; /* the clipboard's clock: it stands while the line is stopped */
};

struct walk {
    struct line line;
    struct model model;
    struct buf body; /* every entry so far */
    int64_t now_ms;
    uint32_t last_serving;
};

static struct id account(uint64_t n)
{
    return (struct id){7, n};
}

static void do_entry(struct walk *w, const struct line_entry *entry)
{
    assert_int_equal(line_apply(&w->line, entry), 0);
    assert_int_equal(line_entry_write(entry, &w->body), 0);
}

static void begin(struct walk *w)
{
    struct line_rules rules = {.sale_id = 1, .claim_ms = CLAIM, .pass_ms = PASS};
    draw_commit(secret, rules.commitment);
    *w = (struct walk){.now_ms = START};
    buf_init(&w->body, 1u << 26);
    line_init(&w->line, &rules);
    do_entry(w, &(struct line_entry){
                    .kind = LINE_LIMITS, .at_ms = START, .number = CAPACITY, .other = CAPACITY});
    do_entry(w,
             &(struct line_entry){
                 .kind = LINE_CAPACITY, .how = LINE_WHY_START, .at_ms = START, .number = CAPACITY});
    do_entry(w, &(struct line_entry){.kind = LINE_OPENED, .at_ms = START});
}

static uint32_t model_find(const struct model *m, uint64_t n)
{
    for (uint32_t i = m->count; i > 0; i--) {
        if (m->people[i].account == n)
            return i;
    }
    return 0;
}

static void set(struct walk *w, uint32_t number, enum person_state to)
{
    w->model.people[number].state = to;
    w->model.people[number].since_ms = w->model.run_ms;
}

static void model_time(struct walk *w)
{
    struct model *m = &w->model;
    uint32_t here = 0;
    for (uint32_t i = 1; i <= m->count; i++) {
        const int64_t since_ms = m->run_ms - m->people[i].since_ms;
        if ((m->people[i].state == PERSON_CALLED && since_ms >= CLAIM) ||
            (m->people[i].state == PERSON_INSIDE && since_ms >= PASS))
            set(w, i, PERSON_ENDED);
        here += m->people[i].state == PERSON_CALLED || m->people[i].state == PERSON_INSIDE;
    }
    for (uint32_t i = 1; i <= m->count && here < CAPACITY && !m->stopped; i++) {
        if (m->people[i].state != PERSON_WAITING)
            continue;
        set(w, i, PERSON_CALLED);
        m->serving = i;
        here++;
    }
}

enum step { JOIN, ENTER, LEAVE, PAID, STOP, TIME, STEP_KINDS };

static void take_step(struct walk *w, enum step step, uint64_t n, int64_t pass_ms)
{
    struct model *m = &w->model;
    struct line_entry entry;
    const uint32_t at = model_find(m, n);
    const enum person_state was = at ? m->people[at].state : PERSON_ENDED;
    int decided = 0, expected = 0;
    switch (step) {
    case JOIN:
        decided = line_decide_join(&w->line, account(n), w->now_ms, &entry);
        expected = was == PERSON_ENDED;
        if (expected) {
            m->people[++m->count].account = n;
            set(w, m->count, PERSON_WAITING);
        }
        break;
    case ENTER:
        decided = line_decide_enter(&w->line, account(n), w->now_ms, &entry);
        expected = at == 0                 ? ERR_NOT_FOUND
                   : was == PERSON_WAITING ? ERR_BUSY
                   : was == PERSON_ENDED   ? ERR_TIMEOUT
                                           : 1;
        if (was == PERSON_CALLED)
            set(w, at, PERSON_INSIDE);
        break;
    case LEAVE:
        decided = line_decide_leave(&w->line, account(n), w->now_ms, &entry);
        expected = was != PERSON_ENDED;
        if (expected)
            set(w, at, PERSON_ENDED);
        break;
    case PAID:
        decided = line_decide_paid(&w->line, account(n), w->now_ms, &entry);
        expected = was == PERSON_INSIDE;
        if (expected)
            set(w, at, PERSON_ENDED);
        break;
    case STOP: /* … or go on */
        entry = (struct line_entry){.kind = m->stopped ? LINE_RESUMED : LINE_STOPPED,
                                    .at_ms = w->now_ms};
        m->stopped = !m->stopped;
        decided = expected = 1;
        break;
    default:
        w->now_ms += pass_ms;
        m->run_ms += m->stopped ? 0 : pass_ms;
        break;
    }
    assert_int_equal(decided, expected);
    if (decided == 1)
        do_entry(w, &entry);
    while (line_decide_due(&w->line, 1, w->now_ms, &entry) == 1)
        do_entry(w, &entry);
    model_time(w);
}

static void agree(struct walk *w)
{
    const struct model *m = &w->model;
    uint32_t here = 0;
    line_check(&w->line);
    assert_int_equal(w->line.count, m->count);
    assert_int_equal(w->line.serving, m->serving);
    for (uint32_t i = 1; i <= m->count; i++) {
        const struct person *person = line_person(&w->line, i);
        assert_int_equal(person->state, m->people[i].state);
        assert_true(id_eq(person->account_id, account(m->people[i].account)));
        here += person->state == PERSON_CALLED || person->state == PERSON_INSIDE;
        /* Nobody stands outside who has a lower number than one who was called. */
        assert_true(person->state != PERSON_WAITING || i > w->line.serving);
    }
    assert_true(here <= CAPACITY);
    /* Nobody waits beside an empty chair. */
    assert_true(here == CAPACITY || w->line.waiting == 0 || m->stopped);
    assert_true(w->line.serving >= w->last_serving);
    w->last_serving = w->line.serving;
}

static void reads_back(struct walk *w)
{
    struct line again;
    struct view left = buf_view(&w->body);
    struct line_entry entry;
    line_init(&again, &w->line.rules);
    while (left.len > 0) {
        assert_int_equal(line_entry_read(&left, &entry), 0);
        assert_int_equal(line_apply(&again, &entry), 0);
    }
    line_check(&again);
    assert_true(again.entries == w->line.entries && again.count == w->line.count);
    assert_true(again.serving == w->line.serving && again.inside == w->line.inside);
    assert_true(again.called == w->line.called && again.waiting == w->line.waiting);
    assert_true(again.stopped == w->line.stopped && again.stood_ms == w->line.stood_ms);
    assert_memory_equal(again.waits, w->line.waits, sizeof(again.waits));
    for (uint32_t i = 1; i <= again.count; i++)
        assert_memory_equal(line_person(&again, i), line_person(&w->line, i),
                            sizeof(struct person));
    line_release(&again);
}

static void end(struct walk *w)
{
    reads_back(w);
    line_release(&w->line);
    buf_release(&w->body);
}

static void random_walks(void **state)
{
    struct walk *w = malloc(sizeof(*w));
    assert_non_null(w);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct chance_seeded seeded;
        chance_seed(&seeded, seed);
        begin(w);
        for (int i = 0; i < STEPS / 4; i++) {
            take_step(w, (enum step)chance_below(&seeded.chance, STEP_KINDS),
                      chance_below(&seeded.chance, ACCOUNTS),
                      (int64_t)chance_below(&seeded.chance, 200));
            agree(w);
        }
        end(w);
    }
    free(w);
}

/* Every walk of five steps with two accounts: the model check. Others have all places inside but
 * one, so that one of the two has to wait. */
static void every_short_walk(void **state)
{
    enum { DEPTH = 5, CHOICES = 2 * (STEP_KINDS - 1) + 2 };
    static const int64_t times[] = {CLAIM, PASS};
    struct walk *w = malloc(sizeof(*w));
    uint32_t walks = 1;
    assert_non_null(w);
    for (int i = 0; i < DEPTH; i++)
        walks *= CHOICES;
    for (uint32_t walk = 0; walk < walks; walk++) {
        begin(w);
        for (uint64_t n = 10; n < 10 + CAPACITY - 1; n++)
            take_step(w, JOIN, n, 0);
        uint32_t code = walk;
        for (int i = 0; i < DEPTH; i++, code /= CHOICES) {
            const uint32_t choice = code % CHOICES;
            if (choice < 2)
                take_step(w, TIME, 0, times[choice]);
            else
                take_step(w, (enum step)((choice - 2) / 2), 1 + choice % 2, 0);
        }
        agree(w);
        line_release(&w->line);
        buf_release(&w->body);
    }
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_walks),
        cmocka_unit_test(every_short_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
