/*
 * switch: from one stack to another, by Boost.Context's two entry points. For this folder only.
 *
 * jump_fcontext keeps the callee-saved registers, MXCSR and the x87 control word on the stack that
 * is left, and gives the stack that is reached the context to jump back to. Boost's C entry points
 * are declared here because its headers are C++. The calling convention (a struct of two words is
 * returned in registers) is the same on x86-64 and aarch64.
 *
 * AddressSanitizer must be told of each switch, or it takes frames of one stack for overflows of
 * another; ThreadSanitizer, or it takes the fibers of a thread for one endless call.
 */
#ifndef USHER_FIBER_SWITCH_H
#define USHER_FIBER_SWITCH_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define SWITCH_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define SWITCH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SWITCH_ASAN 1
#elif __has_feature(thread_sanitizer)
#define SWITCH_TSAN 1
#endif
#endif

#ifdef SWITCH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SWITCH_STACK_FACTOR 4 /* red zones make frames that much larger */
#else
#define SWITCH_STACK_FACTOR 1
#endif

#ifdef SWITCH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#ifdef __x86_64__
#include <xmmintrin.h>
#define SWITCH_MXCSR_FLAGS 0x3fu
#endif

/* boost::context::detail::transfer_t */
struct switch_jump {
    void *context; /* where the jump came from */
    void *data;
};
struct switch_jump jump_fcontext(void *to, void *data);
void *make_fcontext(void *stack_top, size_t size, void (*entry)(struct switch_jump));

/* One side of a switch: its context while it is not running, and its stack. */
struct switch_side {
    void *context;
#ifdef SWITCH_ASAN
    void *fake; /* the sanitizer's */
    const void *low;
    size_t size;
#endif
#ifdef SWITCH_TSAN
    void *tsan; /* the sanitizer's */
#endif
};

/* To be called by a thread before it makes sides. An inexact result sets a sticky flag in MXCSR,
 * and loading an MXCSR that differs from the present one is slow: a pair of switches between a side
 * that has computed and one that has not takes 108 ns in place of 8, for ever after. So all flags
 * are set from the start, on this thread and, because a new side takes over the thread's MXCSR, on
 * all of its sides: then no result changes it. Nothing here reads the flags. */
static inline void switch_set_flags(void)
{
#ifdef __x86_64__
    _mm_setcsr(_mm_getcsr() | SWITCH_MXCSR_FLAGS);
#endif
}

/* Leaves one side for the other; returns when somebody switches back. */
static inline void switch_to(struct switch_side *from, struct switch_side *to)
{
#ifdef SWITCH_ASAN
    __sanitizer_start_switch_fiber(&from->fake, to->low, to->size);
#endif
#ifdef SWITCH_TSAN
    from->tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
    struct switch_jump back = jump_fcontext(to->context, from);
#ifdef SWITCH_ASAN
    __sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
#endif
    /* Every jump hands over the side it leaves. */
    ((struct switch_side *)back.data)->context = back.context;
}

/* The same for the last time: this side's stack is not needed any more. */
static inline _Noreturn void switch_end(struct switch_side *from, struct switch_side *to)
{
#ifdef SWITCH_ASAN
    __sanitizer_start_switch_fiber(NULL, to->low, to->size);
#endif
#ifdef SWITCH_TSAN
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
    jump_fcontext(to->context, from);
    __builtin_unreachable();
}

/* First thing in an entry: keeps the context of the side that was left. That may be a thread's own
 * stack, whose place only the sanitizer knows. */
static inline void switch_entered(struct switch_jump jump)
{
    struct switch_side *left = jump.data;
    left->context = jump.context;
#ifdef SWITCH_ASAN
    __sanitizer_finish_switch_fiber(NULL, &left->low, &left->size);
#endif
}

/* Makes a side that starts with entry on the stack of size bytes from low on, of which those from
 * top on are spoken for. */
static inline void switch_make(struct switch_side *side, char *low, size_t size, char *top,
                               void (*entry)(struct switch_jump))
{
    side->context = make_fcontext(top, (size_t)(top - low), entry);
#ifdef SWITCH_ASAN
    side->fake = NULL;
    side->low = low;
    side->size = size;
#endif
#ifdef SWITCH_TSAN
    side->tsan = __tsan_create_fiber(0);
#endif
}

/* The side has ended. Marks its stack, whose frames ended without returning, as fit to be used
 * again. */
static inline void switch_forget(struct switch_side *side, char *low, size_t size)
{
#ifdef SWITCH_ASAN
    ASAN_UNPOISON_MEMORY_REGION(low, size);
#endif
#ifdef SWITCH_TSAN
    __tsan_destroy_fiber(side->tsan);
#endif
}

#endif
