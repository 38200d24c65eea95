"""Lists the stacks of all fibers: gdb -p PID -x scripts/gdb-fibers.py -ex fibers -ex detach -ex quit

    fibers          every parked or ready fiber of every worker, with its frames
    fibers COUNT    at most COUNT of them a worker

A fiber stands at the top of its own stack (src/fiber/fiber.c). While it does not run, its registers lie on that stack as
Boost.Context put them there; this reads them, so it works in a running process as well as in a core file. x86-64 and aarch64.
"""
import gdb

# Where jump_fcontext keeps what is needed to go on, in bytes from the saved context (Boost 1.74 to 1.83).
SAVED = {'x86-64': {'pc': 0x38, 'fp': 0x30, 'end': 0x40}, 'aarch64': {'pc': 0x98, 'fp': 0x90, 'end': 0xa0}}
FRAMES_MAX = 40


def word(address):
    return int(gdb.Value(address).cast(gdb.lookup_type('unsigned long').pointer()).dereference())


def fibers_of(sched):
    """Every struct fiber of a scheduler that is parked or ready."""
    kind = gdb.lookup_type('struct fiber')
    stacks = sched['stacks']
    size = int(stacks['stack_bytes'])
    room = (kind.sizeof + 63) & ~63
    for number in range(int(stacks['made'])):
        slab = int(stacks['slabs'][number // 64])
        fiber = gdb.Value(slab + (number % 64 + 1) * size - room).cast(kind.pointer())
        try:
            mine = int(fiber['sched']) == int(sched.address) and str(fiber['state']) in ('FIBER_PARKED', 'FIBER_READY')
        except gdb.MemoryError:
            continue  # its pages were given back
        if mine:
            yield fiber


def frames_of(fiber, saved):
    """(pc, name, line) from the innermost frame outwards, by frame pointers, which this project keeps."""
    context = int(fiber['side']['context'])
    pc, fp = word(context + saved['pc']), word(context + saved['fp'])
    for _ in range(FRAMES_MAX):
        block = gdb.block_for_pc(pc)
        while block and not block.function:
            block = block.superblock
        where = gdb.find_pc_line(pc)
        name = block.function.print_name if block else '??'
        if not block and not where.symtab:
            return  # below the fiber's first function
        yield pc, name, f'{where.symtab.filename}:{where.line}' if where.symtab else ''
        if not fp:
            return
        try:
            pc, fp = word(fp + 8), word(fp)
        except gdb.MemoryError:
            return
        if not pc:
            return


class Fibers(gdb.Command):
    """fibers [COUNT]: the stacks of all fibers that do not run, of every worker."""

    def __init__(self):
        super().__init__('fibers', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        most = int(argument) if argument else 1 << 30
        arch = gdb.selected_inferior().architecture().name()
        saved = SAVED['aarch64' if 'aarch64' in arch else 'x86-64']
        seen = set()
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            try:
                sched = gdb.parse_and_eval("'fiber.c'::current")
            except gdb.error:
                continue
            if not int(sched) or int(sched) in seen:
                continue
            seen.add(int(sched))
            sched = sched.dereference()
            print(f'worker of thread {thread.num}: {int(sched["fiber_count"])} fibers')
            for number, fiber in enumerate(fibers_of(sched)):
                if number == most:
                    print('  …')
                    break
                print(f'  fiber {int(fiber):#x} {str(fiber["state"])}')
                for pc, name, where in frames_of(fiber, saved):
                    print(f'    {pc:#x} {name} {where}')


Fibers()
