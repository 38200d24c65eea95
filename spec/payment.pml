/*
 * payment: whoever has paid has the place or his money back, whatever dies in the middle.
 *
 * One hold, one buyer, up to two attempts to pay (the second begins when the first is dead), a
 * provider that charges when it is told to, and two workers (the way back from the payment page, a
 * webhook, the reconciler: all do the same) that die at any step and may work on one attempt at
 * once. What a worker does between two looks at something shared is one step.
 * src/svc/payment/flow.c is what is modelled. A mutant, -DMUTANT_..., takes one guarantee out, and
 * the search must find the fault then: tests/spec/run.
 */

#define ATTEMPTS 2
mtype = { NONE, WAITING, CONFIRMING, UNCLEAR, CAPTURED, DONE, DEAD, REFUNDING, REFUNDED };
mtype = { NEW, READY, CHARGED, OVER };                  /* a charge at the provider */
mtype = { OURS, FREE, THEIRS, SOLD_TO_US, SOLD_TO_THEM };
mtype = { NOTHING, YES, NO, NOT_YET, APPROVED };        /* what the provider says */

/* ---- durable: rows of ours ---- */
mtype state[3] = NONE;
byte version[3] = 0;
mtype place = OURS;
byte order_of = 0;                                      /* the attempt that has it */
bool bought[3] = false;                                 /* an order was made for it once */

/* ---- the provider's ledger ---- */
mtype charge[3] = NEW;
byte refunded[3] = 0;

bool time_over = false;                                 /* the hold's time, and so the attempt's */
bool gone[3] = false;                                   /* the provider's clock has ended it */
byte deaths = 0;

/*
 * Two kinds of providers: one that charges when we confirm what the buyer said yes to (Toss), and,
 * with -DCHARGES_AT_YES, one that charges at the buyer's yes and ends a session if told to (Stripe).
 */
#ifdef CHARGES_AT_YES
#define YES_MEANS CHARGED
#else
#define YES_MEANS READY
#endif

#ifdef MUTANT_NO_VERSION
#define MINE true
#else
#define MINE (version[a] == v)
#endif

#ifdef MUTANT_ORDER_FORGOTTEN
#define BOUGHT (order_of == a)
#else
#define BOUGHT bought[a]
#endif

#define LIVE(x) (state[x] != NONE && state[x] != DEAD && state[x] != REFUNDED && state[x] != DONE)

/* One conditional UPDATE: the second to come is told. */
inline save(to)
{
    atomic {
        if
        :: MINE -> state[a] = to; version[a]++; v = version[a]
        :: !MINE -> goto again
        fi
    }
}

/* A call may be done without its answer: the one who called knows nothing then. */
inline perhaps_lost()
{
    if
    :: true
    :: lost[me] < 1 -> lost[me]++; said = NOTHING
    fi
}
byte lost[3] = 0;

proctype worker(byte me)
{
    byte a, v;
    mtype s, said;
again:
end_again:
    /* A crash is: forget everything, begin anew. */
    atomic { a = 0; v = 0; s = NONE; said = NOTHING };
    atomic {
        if
        :: LIVE(1) -> a = 1
        :: LIVE(2) -> a = 2
        fi;
        s = state[a]; v = version[a] };
    if
#ifdef CHARGES_AT_YES
    :: s == WAITING && charge[a] != NEW -> goto look        /* the buyer came back */
    :: s == WAITING && time_over -> goto abandon
    :: s == UNCLEAR && time_over -> goto abandon
#else
    :: s == WAITING && charge[a] == READY -> goto confirm   /* the buyer came back */
    :: s == WAITING && time_over -> save(DEAD); goto again  /* never confirmed: cannot be charged */
#endif
    :: s == CONFIRMING || s == UNCLEAR -> goto look
    :: s == CAPTURED -> goto take_place
    :: s == REFUNDING -> goto give_back
    :: true -> goto again
    fi;

confirm:
#ifdef MUTANT_CHARGE_FIRST
    atomic { charge[a] == READY -> charge[a] = CHARGED };
    if
    :: deaths < 1 -> deaths++; goto again
    :: true
    fi;
    save(CONFIRMING);
#else
    if
    :: s != CONFIRMING ->
        if
        :: s == WAITING && place != OURS -> save(DEAD); goto again
        :: else
        fi;
        save(CONFIRMING)
    :: else
    fi;
#endif
    atomic {
        if
        :: charge[a] == READY && !gone[a] -> charge[a] = CHARGED; said = YES
        :: charge[a] == READY -> charge[a] = OVER; said = NO    /* declined */
        :: charge[a] == CHARGED -> said = YES
        :: charge[a] != CHARGED && (charge[a] != READY || gone[a]) -> said = NO
        fi;
        perhaps_lost() };
    if
    :: deaths < 2 -> deaths++; goto again               /* dies right after */
    :: true
    fi;
    goto heard;

look:
    atomic {
        if
        :: charge[a] == CHARGED -> said = YES
        :: charge[a] == READY && !gone[a] -> said = APPROVED
        :: charge[a] == NEW && !gone[a] -> said = NOT_YET
        :: charge[a] != CHARGED && (charge[a] == OVER || gone[a]) -> said = NO
        fi;
        perhaps_lost() };
#ifndef CHARGES_AT_YES
    if
    :: said == APPROVED -> goto confirm
    :: else
    fi;
#endif

#ifdef CHARGES_AT_YES
    goto heard;

abandon:
#ifdef MUTANT_NOT_EXPIRED
    save(DEAD);
    goto again;
#endif
    atomic {                                            /* the provider ends it, or says why not */
        if
        :: charge[a] == CHARGED -> said = YES
        :: charge[a] != CHARGED -> gone[a] = true; said = NO
        fi;
        perhaps_lost() };
#endif

heard:
    if
    :: said == YES -> save(CAPTURED)
    :: said == NO -> save(DEAD)
    :: said == APPROVED || said == NOT_YET              /* it is asked again */
    :: said == NOTHING ->
#ifdef MUTANT_LOST_IS_DEAD
        save(DEAD)
#else
        save(UNCLEAR)
#endif
    fi;
    goto again;

take_place:
    atomic {
        if
        :: BOUGHT -> said = YES                         /* asked again, cancelled or not */
        :: !BOUGHT && (place == OURS || place == FREE) ->
            place = SOLD_TO_US; order_of = a; bought[a] = true; said = YES
        :: !BOUGHT && place != OURS && place != FREE -> said = NO
        fi;
        perhaps_lost() };
    if
    :: deaths < 2 -> deaths++; goto again
    :: true
    fi;
    if
    :: said == YES -> save(DONE)
    :: said == NO -> save(REFUNDING)
    :: said == NOTHING
    fi;
    goto again;

give_back:
#ifndef MUTANT_MONEY_BEFORE_TICKET
    atomic { if :: order_of == a -> order_of = 0; place = FREE :: else fi };
#endif
    atomic {
        if
#ifdef MUTANT_REFUND_WITHOUT_ID
        :: refunded[a]++; said = YES
#else
        :: refunded[a] == 0 -> refunded[a] = 1; said = YES
        :: refunded[a] != 0 -> said = YES               /* found by its id */
#endif
        fi;
        perhaps_lost() };
    if
    :: deaths < 2 -> deaths++; goto again
    :: true
    fi;
    if
    :: said == YES -> save(REFUNDED)
    :: else
    fi;
    goto again
}

/* Begins an attempt where none lives, and says yes at the provider, or does not. */
active proctype buyer()
{
end:
    do
    :: atomic { state[1] == NONE && !time_over -> state[1] = WAITING; version[1] = 1 }
#ifdef MUTANT_SECOND_TOO_EARLY
    :: atomic { state[2] == NONE && state[1] != NONE && state[1] != DONE && !time_over -> state[2] = WAITING; version[2] = 1 }
#else
    :: atomic { state[2] == NONE && state[1] == DEAD && !time_over -> state[2] = WAITING; version[2] = 1 }
#endif
    :: atomic { state[1] != NONE && charge[1] == NEW && !gone[1] -> charge[1] = YES_MEANS }
    :: atomic { state[2] != NONE && charge[2] == NEW && !gone[2] -> charge[2] = YES_MEANS }
#ifdef CHARGES_AT_YES
    :: atomic { charge[1] == NEW && state[1] != NONE -> charge[1] = OVER } /* cancels there */
#endif
    /* Gives it back. */
    :: atomic { state[1] == DONE && !time_over -> state[1] = REFUNDING; version[1]++ }
    od
}

/* The hold ends; somebody else may take the place; the provider ends what nobody confirmed. */
active proctype world()
{
end:
    do
    :: atomic { !time_over -> time_over = true }
    :: atomic { time_over && place == OURS -> place = FREE }
    :: atomic { place == FREE -> place = THEIRS }
    :: atomic { place == THEIRS -> place = SOLD_TO_THEM }
    :: atomic { time_over && !gone[1] && charge[1] != CHARGED -> gone[1] = true }
    :: atomic { time_over && !gone[2] && charge[2] != CHARGED -> gone[2] = true }
    od
}

#define RESTS(x) (!LIVE(x))
#define PAID(x) (charge[x] == CHARGED && refunded[x] == 0)

/* P6, where nothing is left to do: paid, not given back = the place is his. */
#define STEP_BOOKS(x) (PAID(x) == (order_of == x && place == SOLD_TO_US))
init { atomic { run worker(1); run worker(2) } }

ltl books { [] ((refunded[1] <= 1 && refunded[2] <= 1)
    && !(PAID(1) && PAID(2))
    && (refunded[1] == 0 || charge[1] == CHARGED)
    && (!(RESTS(1) && RESTS(2)) || (STEP_BOOKS(1) && STEP_BOOKS(2)))
    && (order_of == 0 || refunded[order_of] == 0)) }
