#include "owner/stage_test.h"

#include <fcntl.h>

#include "hall/draft.h"
#include "observe/log.h"

/* What an owner complains of is what these tests provoke. */
static void silence(void)
{
    static int fd = -1;
    if (fd >= 0)
        return;
    fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert(fd >= 0);
    log_setup(&(struct log_options){.level = LOG_ERROR, .fd = fd, .clock = clock_system()});
}

static void draw_row(struct hall_draft *draft, const char *row, int32_t y)
{
    int err = hall_draft_row(draft, view_str("row"));
    assert(err == 0);
    for (int32_t i = 0; row[i] != '\0'; i++) {
        assert(strchr(".wc|", row[i]));
        if (row[i] == '|')
            continue;
        err = hall_draft_seat(
            draft, &(struct draft_seat){.x = 100 * i,
                                        .y = 100 * (y + 1),
                                        .category = (uint32_t)y % 3,
                                        .number = view_str("1"),
                                        .kind = row[i] == 'w'   ? HALL_WHEELCHAIR
                                                : row[i] == 'c' ? HALL_COMPANION
                                                                : HALL_ORDINARY,
                                        .break_after = row[i + 1] == '|' || row[i + 1] == '\0'});
        assert(err == 0);
    }
}

static struct hall *draw_hall(const struct stage_options *options)
{
    struct hall_draft draft;
    struct hall *hall;
    struct hall_error error;
    hall_draft_init(&draft);
    draft.name = view_str("stage");
    draft.category_count = STAGE_CATEGORIES;
    for (uint32_t i = 0; i < STAGE_CATEGORIES; i++)
        draft.categories[i] = (struct hall_category){.name = view_str("class"), .color = i};
    int err = 0;
    if (options->rows && options->rows[0])
        err = hall_draft_section(
            &draft, &(struct draft_section){.name = view_str("stalls"), .kind = HALL_SEATED});
    assert(err == 0);
    for (int32_t y = 0; options->rows && options->rows[y]; y++)
        draw_row(&draft, options->rows[y], y);
    static int32_t outline[] = {0, -900, 900, -900, 900, -100};
    if (options->standing > 0)
        err = hall_draft_section(&draft, &(struct draft_section){.name = view_str("floor"),
                                                                 .kind = HALL_STANDING,
                                                                 .category = 2,
                                                                 .place_count = options->standing,
                                                                 .outline = outline,
                                                                 .outline_points = 3});
    if (err == 0)
        err = hall_draft_finish(&draft, &hall, &error);
    assert(err == 0);
    hall_draft_release(&draft);
    return hall;
}

static void put_performance(struct stage *stage)
{
    struct store *mem = stage->mem;
    const struct stage_options *options = &stage->options;
    struct store_hall hall = {.name = stage->hall->name,
                              .place_count = stage->hall->place_count,
                              .section_count = stage->hall->section_count,
                              .layout = stage->hall->layout};
    memcpy(hall.layout_hash, stage->hall->hash, sizeof(hall.layout_hash));
    uint8_t prices[8 * STAGE_CATEGORIES];
    for (uint32_t i = 0; i < sizeof(prices); i++)
        prices[i] = (uint8_t)((uint64_t)stage->prices[i / 8] >> (8 * (i % 8)));
    struct store_performance performance = {
        .starts_at_ms = STAGE_WALL_MS + 86400000,
        .hold_ttl_ms = options->hold_ttl_ms,
        .places_max = options->places_max,
        .rest_ms = options->rest_ms,
        .covers_names = options->names || options->rest_ms > 0 || options->by_person,
        .person_rule = options->by_person ? USHER__V1__PERSON_RULE__PERSON_RULE_IDENTITY : 0,
        .currency = view_str("KRW"),
        .prices = view_of(prices, sizeof(prices)),
        .sale_state = options->sale_state,
    };
    const struct store_event event = {.name = view_str("stage")};
    int err = mem->ops->hall_put(mem, &hall, &performance.hall_id, DEADLINE_NEVER);
    assert(err == 0);
    err = mem->ops->event_put(mem, &event, NULL, &performance.event_id, NULL, DEADLINE_NEVER);
    assert(err == 0);
    err = mem->ops->performance_put(mem, &performance, &stage->performance_id, DEADLINE_NEVER);
    assert(err == 0);
}

void stage_open(struct stage *stage, const struct stage_options *options)
{
    silence();
    *stage = (struct stage){.options = *options, .prices = {1000, 700, 500}};
    chance_seed(&stage->chance, options->seed);
    scope_init(&stage->scope);
    stage->hall = draw_hall(options);
    int err = loop_new_virtual(1024, STAGE_WALL_MS, &stage->loop);
    assert(err == 0);
    const struct sched_limits limits = {
        .fibers_max = options->fibers_max > 0 ? options->fibers_max : 256, .stack_bytes = 65536};
    err = sched_new(stage->loop, &limits, &stage->sched);
    assert(err == 0);
    if (options->shuffle)
        sched_shuffle(stage->sched, &stage->chance.chance);
    stage->mem = options->store;
    err = stage->mem ? 0 : store_mem_new(&stage->mem);
    assert(err == 0);
    put_performance(stage);
}

void stage_close(struct stage *stage)
{
    sched_free(stage->sched);
    loop_free(stage->loop);
    store_free(stage->mem);
    hall_free(stage->hall);
    *stage = (struct stage){0};
}

void stage_run(struct stage *stage, void (*body)(void *arg), void *arg)
{
    int err = fiber_spawn(&stage->scope, body, arg);
    assert(err == 0);
    loop_run(stage->loop);
}

struct owner *stage_owner(struct stage *stage, struct store *store,
                          const struct owner_listener *listener)
{
    return stage_gated_owner(stage, store, listener, &(struct owner_gate){0});
}

struct owner *stage_gated_owner(struct stage *stage, struct store *store,
                                const struct owner_listener *listener,
                                const struct owner_gate *gate)
{
    struct owner_options options = {
        .performance_id = stage->performance_id,
        .hall = stage->hall,
        .store = store,
        .loop = stage->loop,
        .chance = &stage->chance.chance,
        .prices = stage->prices,
        .hold_ttl_ms = stage->options.hold_ttl_ms,
        .places_max = stage->options.places_max,
        .rest_ms = stage->options.rest_ms,
        .by_person = stage->options.by_person,
        .gate = *gate,
    };
    if (listener)
        options.listener = *listener;
    struct owner *owner;
    int err = owner_start(&options, &stage->scope, &owner);
    assert(err == 0);
    return owner;
}

void stage_sleep(int64_t ms)
{
    int err = fiber_sleep_until(deadline_after_ms(fiber_now_ns(), ms));
    assert(err == 0);
}

void stage_run_ready(void)
{
    /* Virtual time moves only when nothing is left to run. */
    int err = fiber_sleep_until(fiber_now_ns() + 1);
    assert(err == 0);
}

bool stage_serving(struct owner *owner)
{
    struct owner_figures figures;
    for (int i = 0; i < 3000; i++) {
        owner_figures(owner, &figures);
        if (figures.serving)
            return true;
        stage_sleep(10);
    }
    return false;
}

struct id stage_id(uint64_t number)
{
    return (struct id){.hi = 1, .lo = number};
}

int stage_hold(struct owner *owner, uint64_t account, uint32_t seat, struct id *ret_hold_id)
{
    struct owner_ask ask = {
        .verb = OWNER_HOLD, .account_id = stage_id(account), .seat_count = 1, .seats = {seat}};
    const int result = owner_ask(owner, &ask);
    *ret_hold_id = ask.hold.hold_id;
    return result;
}

int stage_about(struct owner *owner, uint64_t account, enum owner_verb verb, struct id id,
                uint32_t seat)
{
    struct owner_ask ask = {.verb = verb,
                            .account_id = stage_id(account),
                            .hold_id = id,
                            .seat_count = 1,
                            .seats = {seat},
                            .payment_method = 1};
    return owner_ask(owner, &ask);
}

struct seats_counts stage_counts(struct owner *owner)
{
    struct owner_figures f;
    owner_figures(owner, &f);
    return f.counts;
}
