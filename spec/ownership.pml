/*
 * ownership: who may decide a seat, when processes pause, messages are late and locks are lost.
 *
 * One place of one performance, two ticket processes that may both believe that they own it, two
 * buyers, one store, one lease. What a process does between two looks at something shared is one
 * step; everything else may come in between, so a pause of any length is every order of steps.
 *
 * A mutant, -DMUTANT_..., takes one guarantee out, and the search must find the fault then:
 * tests/spec/run. docs/internals/ownership.md tells what follows.
 */

#ifndef TIME_MAX
#define TIME_MAX 4 /* the last tick */
#endif
#ifndef EPOCHS_MAX
#define EPOCHS_MAX 3 /* how often somebody takes over; the search ends there */
#endif
#ifndef ROWS_MAX
#define ROWS_MAX 5 /* rows of the ledger; the search ends there */
#endif
#define HOLD_TIME 2 /* ticks */
#define LEASE_TIME 1
#define NOBODY 0
#define BUYERS 2
#define OWNERS 2

mtype = { NOTHING, HOLD, SALE, END };
mtype = { PENDING, WRITTEN, REFUSED };

/* ---- what is shared ---- */

byte now = 0;          /* true time */
byte lease = NOBODY;   /* Redis: the process that has it */
byte lease_end = 0;

byte epoch = 0;        /* the store: the performance's row */
byte seq = 0;          /* the ledger's last row */
byte last_at = 0;      /* its time stamp */
byte claim = NOBODY;   /* what the ledger replays to: whose live hold */
byte claim_end = 0;
byte sold = NOBODY;    /* the table with the unique key */

/*
 * Batches on their way to the store: flight[me] is the one that its owner waits for, flight[me + 2]
 * one that it has given up on and that may still arrive.
 */
typedef batch {
    mtype what = NOTHING;
    byte buyer;
    byte epoch;
    byte seq;
    byte at;           /* by the owner's clock */
    byte end;
    mtype came = PENDING
};
batch flight[5];

/* What a buyer asks, and what he was told. */
mtype asked[3] = NOTHING;
bool told_hold[3] = false;
byte told_end[3] = 0;
bool told_sale[3] = false;

/* ---- the store ---- */

inline write_row(i)
{
    /* The ledger's rows are in order of time, and each means what its owner thought it means. */
    assert(flight[i].at >= last_at);
    if
    :: flight[i].what == HOLD ->
        assert(claim == NOBODY && sold == NOBODY);   /* P1: one live claim */
        claim = flight[i].buyer;
        claim_end = flight[i].end
    :: flight[i].what == SALE ->
        assert(claim == flight[i].buyer && flight[i].at < claim_end); /* P4 */
        claim = NOBODY;
        sold = flight[i].buyer
    :: flight[i].what == END ->
        assert(claim != NOBODY && flight[i].at >= claim_end);
        claim = NOBODY
    fi;
    seq++;
    last_at = flight[i].at;
    flight[i].came = WRITTEN
}

#ifdef MUTANT_NO_FENCE
#define FENCED(i) false
#else
#define FENCED(i) (flight[i].epoch != epoch || flight[i].seq != seq)
#endif

#ifdef MUTANT_SELL_EXPIRED
#define STILL_HELD true
#else
#define STILL_HELD (my_now < my_end)
#endif

#ifdef MUTANT_NO_UNIQUE_KEY
#define TAKEN false
#else
#define TAKEN (sold != NOBODY)
#endif

/* The network: a batch arrives once, at any time, or never; also after its owner gave up. */
active proctype store()
{
    byte i;
end:
    do
    :: atomic {
        if
        :: flight[1].what != NOTHING && flight[1].came == PENDING -> i = 1
        :: flight[2].what != NOTHING && flight[2].came == PENDING -> i = 2
        :: flight[3].what != NOTHING -> i = 3
        :: flight[4].what != NOTHING -> i = 4
        fi;
        if
        :: FENCED(i) -> flight[i].came = REFUSED
        :: !FENCED(i) ->
#ifdef ONLY_SOLD
            /* Every lock broken: what does the unique key alone still see to? */
            if
            :: flight[i].what == SALE && TAKEN -> flight[i].came = REFUSED
            :: flight[i].what == SALE && !TAKEN -> sold = flight[i].buyer; flight[i].came = WRITTEN
            :: else -> flight[i].came = WRITTEN
            fi
#else
            write_row(i)
#endif
        :: true -> flight[i].came = REFUSED          /* lost on the way there */
        fi;
        if
        :: i > OWNERS -> flight[i].what = NOTHING; flight[i].came = PENDING
        :: else
        fi;
        i = 0 }
    od
}

/* ---- time, and what becomes of the lease ---- */

active proctype time_passes()
{
end:
    do
    :: atomic { now < TIME_MAX -> now++;
        if
        :: lease != NOBODY && now >= lease_end -> lease = NOBODY
        :: else
        fi }
    :: atomic { lease != NOBODY -> lease = NOBODY }  /* Redis was flushed */
    od
}

/* ---- an owner ---- */

proctype owner(byte me)
{
    byte my_epoch, my_seq, my_claim, my_end, my_sold, my_now, late;
    byte b;
    byte skew = me - 1;                              /* its wall clock is so far ahead */

end_closed:
    atomic { (lease == NOBODY || lease == me) && epoch < EPOCHS_MAX -> lease = me; lease_end = now + LEASE_TIME };

loading:
    if
    :: atomic { epoch < EPOCHS_MAX ->
        epoch++; my_epoch = epoch }
    :: atomic { epoch >= EPOCHS_MAX -> goto stopped }
    fi;
    my_sold = sold;                                  /* read in pieces, others write between them */
    d_step { my_claim = claim; my_end = claim_end; my_seq = seq; late = last_at };
    if
    :: epoch != my_epoch -> goto closed              /* pieces of different states: a wrong "no" */
    :: else
    fi;
    atomic {
#ifdef MUTANT_WALL_CLOCK
        my_now = now + skew;
#else
        my_now = (now + skew > late -> now + skew : late);
#endif
        late = 0
    };

serving:
end_serving:
    do
    :: d_step { now + skew > my_now -> my_now = now + skew }  /* it never goes back */
    :: atomic { lease != me -> goto closed }         /* it noticed; or it does not, and goes on */
    :: atomic { seq < ROWS_MAX && my_sold == NOBODY && my_claim != NOBODY && my_now >= my_end ->
        flight[me].what = END; flight[me].buyer = my_claim; goto commit }
    :: atomic { seq < ROWS_MAX && my_sold == NOBODY && my_claim == NOBODY ->
        if
        :: asked[1] == HOLD -> b = 1
        :: asked[2] == HOLD -> b = 2
        fi;
        flight[me].what = HOLD; flight[me].buyer = b; flight[me].end = my_now + HOLD_TIME;
#ifdef MUTANT_ANSWER_FIRST
        told_hold[b] = true; told_end[b] = my_now + HOLD_TIME; asked[b] = NOTHING;
#endif
        goto commit }
    :: atomic { seq < ROWS_MAX && my_sold == NOBODY && my_claim != NOBODY && asked[my_claim] == SALE && STILL_HELD ->
        b = my_claim; flight[me].what = SALE; flight[me].buyer = b; goto commit }
    /* A plain refusal is told at once. It may be wrong, and harms nobody. */
    :: atomic { asked[1] == HOLD && (my_claim != NOBODY || my_sold != NOBODY) -> asked[1] = NOTHING }
    :: atomic { asked[2] == HOLD && (my_claim != NOBODY || my_sold != NOBODY) -> asked[2] = NOTHING }
    :: atomic { asked[1] == SALE && my_claim != 1 -> asked[1] = NOTHING }
    :: atomic { asked[2] == SALE && my_claim != 2 -> asked[2] = NOTHING }
    :: goto closed                                   /* killed: what it had in mind is gone */
    od;

commit:
    atomic {
        flight[me].epoch = my_epoch; flight[me].seq = my_seq; flight[me].at = my_now;
        flight[me].came = PENDING };
    if
    :: atomic { flight[me].came == WRITTEN ->
        my_seq++;
        if
        :: flight[me].what == HOLD ->
            my_claim = b; my_end = flight[me].end;
            told_hold[b] = true; told_end[b] = my_end; asked[b] = NOTHING
        :: flight[me].what == SALE ->
            my_claim = NOBODY; my_sold = b; told_sale[b] = true; asked[b] = NOTHING;
            assert(sold == b)                        /* P2: what was told is there */
        :: flight[me].what == END -> my_claim = NOBODY
        fi;
        flight[me].what = NOTHING; b = 0; goto serving }
    :: atomic { flight[me].came == REFUSED -> flight[me].what = NOTHING; b = 0; goto loading }
    /* The answer is lost, or its time is over; the batch may still be on its way. */
    :: atomic { flight[me + 2].what == NOTHING ->
        if
        :: flight[me].came == PENDING ->
            flight[me + 2].what = flight[me].what; flight[me + 2].buyer = flight[me].buyer;
            flight[me + 2].epoch = flight[me].epoch; flight[me + 2].seq = flight[me].seq;
            flight[me + 2].at = flight[me].at; flight[me + 2].end = flight[me].end
        :: else
        fi;
        flight[me].what = NOTHING; b = 0 }
#ifdef MUTANT_UNKNOWN_IS_NO
        goto serving                                 /* "it will not have been written" */
#else
        goto loading
#endif
    fi;

closed:
    atomic { my_epoch = 0; my_seq = 0; my_claim = 0; my_end = 0; my_sold = 0; my_now = 0; b = 0; late = 0 };
    goto end_closed;
stopped:
    skip
}

/* ---- a buyer ---- */

proctype buyer(byte me)
{
end:
    do
    :: atomic { asked[me] == NOTHING && !told_hold[me] -> asked[me] = HOLD }
    :: atomic { asked[me] == NOTHING && told_hold[me] && !told_sale[me] -> asked[me] = SALE }
    :: atomic { asked[me] == HOLD -> asked[me] = NOTHING }   /* gives up */
    od
}

init {
    atomic { run owner(1); run owner(2); run buyer(1); run buyer(2) }
}

#ifdef ONLY_SOLD
/* Told twice, and sold once: the last line holds without any of the others. */
ltl once { [] !(told_sale[1] && told_sale[2]) }
#else
/* P1, P2: who was told "sold" has it, alone; who was told "held" has it until it ends. */
#define KEPT_SALE(b) (!told_sale[b] || sold == b)
#define KEPT_HOLD(b) (!told_hold[b] || claim == b || sold == b || last_at >= told_end[b])
ltl once { [] (KEPT_SALE(1) && KEPT_SALE(2) && KEPT_HOLD(1) && KEPT_HOLD(2)) }
#endif
