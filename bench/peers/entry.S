/* SPDX-License-Identifier: Apache-2.0 */
/* Where the machine starts: a stack, the table of contents, and on. */
    .section .entry, "ax"
    .globl _start
_start:
    lis     1, 0x8
    lis     2, .TOC.@ha
    addi    2, 2, .TOC.@l
    bl      guest_main
    nop
