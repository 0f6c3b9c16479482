/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware for QEMU's pseries machine that makes TCE hcalls on the default window and times them with the timebase. It
 * runs where SLOF would: big-endian, real mode, from address 0x100 on; run.sh builds and loads it. Prints lines of
 * "name calls nanoseconds-a-call" on the console, and "end".
 */
typedef unsigned long u64;

#define H_PUT_TCE 0x20
#define H_PUT_TERM_CHAR 0x58
#define H_STUFF_TCE 0x138
#define H_PUT_TCE_INDIRECT 0x13C
#define H_NONE 0x17C0           /* no hcall has this number: what any costs before it does something */

#define LIOBN 0x80000000ul
#define LIST ((u64 *)0x100000)  /* beyond this program and its stack */
#define TIMEBASE_MHZ 512

/* Hypercalls take R3 to R12 and may change what a function may. */
static u64 hcall(u64 opcode, u64 a, u64 b, u64 c, u64 d)
{
    register u64 r3 __asm__("r3") = opcode;
    register u64 r4 __asm__("r4") = a;
    register u64 r5 __asm__("r5") = b;
    register u64 r6 __asm__("r6") = c;
    register u64 r7 __asm__("r7") = d;
    __asm__ volatile(".long 0x44000022" /* sc 1 */
                     : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
                     :
                     : "r0", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
    return r3;
}

static u64 timebase(void)
{
    u64 t;
    __asm__ volatile("mfspr %0, 268" : "=r"(t));
    return t;
}

/* The console takes 16 bytes a call; 0 is the first terminal. */
static void put(char c)
{
    hcall(H_PUT_TERM_CHAR, 0, 1, (u64)(unsigned char)c << 56, 0);
}

static void print(const char *text)
{
    while (*text != '\0')
        put(*text++);
}

static void print_number(u64 n)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    while (count > 0)
        put(digits[--count]);
}

static void report(const char *name, u64 calls, u64 ticks, u64 failed)
{
    const u64 tenths = ticks * 10000 / TIMEBASE_MHZ / calls;
    print(name);
    put(' ');
    print_number(calls);
    put(' ');
    print_number(tenths / 10);
    put('.');
    print_number(tenths % 10);
    if (failed != 0)
        print(" FAILED");
    print("\r\n");
}

static void measure(const char *name, u64 opcode, u64 calls, u64 step, u64 c, u64 d, u64 expected)
{
    u64 failed = 0;
    const u64 start = timebase();
    for (u64 i = 0; i < calls; i++)
        failed |= hcall(opcode, LIOBN, (i % 32) * step, c, d) ^ expected;
    report(name, calls, timebase() - start, failed);
}

void guest_main(void)
{
    for (u64 i = 0; i < 512; i++)
        LIST[i] = i << 12 | 3;
    for (int round = 0; round < 3; round++) {
        measure("none", H_NONE, 100000, 0x1000, 0, 0, (u64)-2);
        measure("H_PUT_TCE", H_PUT_TCE, 100000, 0x1000, 0x5003, 0, 0);
        measure("H_PUT_TCE_INDIRECT/512", H_PUT_TCE_INDIRECT, 10000, 0x200000, (u64)LIST, 512, 0);
        measure("H_STUFF_TCE/512", H_STUFF_TCE, 10000, 0x200000, 0, 512, 0);
    }
    print("end\r\n");
    for (;;)
        ;
}
