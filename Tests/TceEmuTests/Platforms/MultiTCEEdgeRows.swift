// SPDX-License-Identifier: Apache-2.0

// The two multi-TCE hcalls, and hcalls that are none of the four, on each platform, row by row.

extension EdgeRow {
    static let countRows = [
        EdgeRow(
            "INDIRECT count 0", "P7",
            table: """
                H_PUT_TCE_INDIRECT 0x80000000 0x1000 0x4000000 0 | P | S | S
                """),
        EdgeRow(
            "INDIRECT count 0 and another fault: the fault is seen first", "P7",
            table: """
                H_PUT_TCE_INDIRECT 0x71000000 0 0x4000000 0 | P
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000008 0 | P
                H_PUT_TCE_INDIRECT 0x80000000 0x40000000 0x4000000 0 | P
                H_PUT_TCE_INDIRECT 0x80000000 1 0x4000000 0 | P | P | S
                H_PUT_TCE_INDIRECT 0x80000000 0 0x10000000 0 | P
                H_PUT_TCE_INDIRECT 0x80000000 0x3ffff000 0x4000000 0 | P | S | S
                """),
        EdgeRow(
            "STUFF count 0", "P8",
            table: """
                H_STUFF_TCE 0x80000000 0x1000 0 0 | P | S | S
                """),
        EdgeRow(
            "STUFF count 0 and another fault: the fault is seen first", "P8",
            table: """
                H_STUFF_TCE 0x71000000 0 0 0 | P
                H_STUFF_TCE 0x80000000 0x40000000 0 0 | P
                H_STUFF_TCE 0x80000000 1 0 0 | P | P | S
                H_STUFF_TCE 0x80000000 0 0x1003 0 | P | P | S
                H_STUFF_TCE 0x80000000 0 0x10000003 0 | P
                H_STUFF_TCE 0x80000000 0 0x10000000 0 | P | S | S
                """),
        EdgeRow(
            "STUFF count 513 .. window size", "P9",
            table: """
                H_STUFF_TCE 0x80000000 0 4 512 | S
                H_STUFF_TCE 0x80000000 0 8 513 | S | S | P4
                H_GET_TCE 0x80000000 0x1ff000 | 0x8 | 0x8 | 0x4
                H_GET_TCE 0x80000000 0x200000 | 0x8 | 0x8 | 0x0
                H_STUFF_TCE 0x80000000 0 12 0x40000 | S | S | P4
                H_STUFF_TCE 0x71000000 0 8 513 | P
                H_STUFF_TCE 0x80000000 0x40000000 8 513 | P
                """),
        EdgeRow(
            "STUFF count > window size; KVM's check is missing: refused as in v4.9, nothing written", "P9",
            table: """
                H_STUFF_TCE 0x80000000 0 4 0x40001 | P | P | P4
                H_STUFF_TCE 0x80000000 0 4 0xffffffffffffffff | P | P | P4
                H_STUFF_TCE 0x80000000 0 4 0x100000001 | P | P | P4
                H_GET_TCE 0x80000000 0 | 0x0
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 12 20 | 0 0x80000001 0x08000000 0x00000000
                H_STUFF_TCE 0x80000001 0x800000000000000 4 257 | P
                H_GET_TCE 0x80000001 0x800000000000000 | 0x0
                H_STUFF_TCE 0x80000001 0x800000000000000 4 256 | S
                """),
        EdgeRow(
            "STUFF with permission bits", "P10",
            table: """
                H_STUFF_TCE 0x80000000 0 0x5001 2 | S | P | S
                H_GET_TCE 0x80000000 0x1000 | 0x5001 | 0x0 | 0x5001
                H_STUFF_TCE 0x80000000 0 0x6002 2 | S | P | S
                H_STUFF_TCE 0x80000000 0 0x7003 2 | S | P | S
                H_STUFF_TCE 0x80000000 0 0xffc 2 | S
                H_GET_TCE 0x80000000 0x1000 | 0xffc
                """),
        EdgeRow(
            "INDIRECT or STUFF running past the end; KVM's check is missing: refused as in v4.9, nothing written",
            "P11",
            table: """
                H_STUFF_TCE 0x80000000 0x3fffe000 4 2 | S
                H_STUFF_TCE 0x80000000 0x3fffe000 8 3 | P
                H_GET_TCE 0x80000000 0x3fffe000 | 0x8 | 0x4 | 0x4
                H_GET_TCE 0x80000000 0x3ffff000 | 0x8 | 0x4 | 0x4
                store 0x4000000 0x1003 0x2003 0x3003
                H_PUT_TCE_INDIRECT 0x80000000 0x3fffe000 0x4000000 3 | P
                H_GET_TCE 0x80000000 0x3fffe000 | 0x1003 | 0x4 | 0x4
                H_GET_TCE 0x80000000 0x3ffff000 | 0x2003 | 0x4 | 0x4
                H_PUT_TCE_INDIRECT 0x80000000 0x3fffe000 0x4000000 2 | S
                """),
    ]

    static let listRows = [
        EdgeRow(
            "INDIRECT count 513 and more",
            table: """
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 512 | S
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 513 | P
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 0xffffffffffffffff | P
                """),
        EdgeRow(
            "INDIRECT list not 4 KiB aligned",
            table: """
                store 0x4000000 0x1003 0x2003
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000008 1 | P
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000800 1 | P
                H_GET_TCE 0x80000000 0 | 0x0
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4001000 1 | S
                """),
        EdgeRow(
            "INDIRECT list outside memory", "P12",
            table: """
                H_STUFF_TCE 0x80000000 0 4 3 | S
                H_PUT_TCE_INDIRECT 0x80000000 0 0x10000000 2 | S | S | P
                H_GET_TCE 0x80000000 0x1000 | 0x0 | 0x0 | 0x4
                H_GET_TCE 0x80000000 0x2000 | 0x4
                H_PUT_TCE_INDIRECT 0x80000000 0x2000 0xfffffffffffff000 1 | S | S | P
                H_GET_TCE 0x80000000 0x2000 | 0x0 | 0x0 | 0x4
                """),
        EdgeRow(
            "INDIRECT, entry k bad: with permission, and of no memory", "P4",
            table: """
                store 0x4000000 0x1003 0x10000003 0x3003
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 3 | S | S | P
                H_GET_TCE 0x80000000 0 | 0x1003 | 0x1003 | 0x0
                H_GET_TCE 0x80000000 0x1000 | 0x10000003 | 0x10000003 | 0x0
                H_GET_TCE 0x80000000 0x2000 | 0x3003 | 0x3003 | 0x0
                """),
        EdgeRow(
            "INDIRECT, entry k bad, and the kernel gives up: QEMU also stores what pass 2 would refuse",
            "P4",
            table: """
                store 0x4000000 0x10000000 0x10000003
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 2 | S | S | P
                H_GET_TCE 0x80000000 0 | 0x10000000 | 0x10000000 | 0x0
                """),
    ]

    static let otherRows = [
        EdgeRow(
            "multi-TCE off: H_FUNCTION for the two calls, whatever else is wrong", multiTCE: false,
            table: """
                H_STUFF_TCE 0x80000000 0 0 1 | F
                H_STUFF_TCE 0x71000000 1 3 513 | F
                H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 1 | F
                H_PUT_TCE_INDIRECT 0x71000000 0 0x4000001 513 | F
                H_PUT_TCE_INDIRECT 0xffffffffffffffff 0 0x4000000 1 | F
                hcall 0x138 0x80000000 0 0 1 | F
                hcall 0x13c 0x80000000 0 0x4000000 1 | F
                H_PUT_TCE 0x80000000 0 0x1003 | S
                H_GET_TCE 0x80000000 0 | 0x1003
                """),
        EdgeRow(
            "hcalls of LoPAR that no platform has, and opcodes that are none",
            table: """
                hcall 0x78 0x80000000 | F
                hcall 0x10c 0x80000000 | F
                hcall 0x140 0x80000000 | F
                hcall 0x24c 0x80000000 | F
                hcall 0x240 0x80000000 | F
                hcall 0x324 0x80000000 | F
                hcall 0x1d 0x80000000 0 | F
                hcall 0x1001c 0x80000000 0 | F
                hcall 0x10000001c 0x80000000 0 | F
                """),
        EdgeRow(
            "the four calls by number, missing registers 0",
            table: """
                hcall 0x20 0x80000000 0x1000 0x5003 | S
                hcall 0x1c 0x80000000 0x1000 | S
                hcall 0x138 0x80000000 0x2000 8 1 | S
                hcall 0x13c 0x80000000 0x3000 0x4000000 1 | S
                hcall 0x20 | P
                """),
        EdgeRow(
            "H_SVM_* by the guest: the ultravisor's", "P14",
            table: """
                hcall 0xef00 0 0 16 | F | U | F
                hcall 0xef04 0 0 16 | F | U | F
                hcall 0xef08 | F | U | F
                hcall 0xef0c | F | U | F
                hcall 0xef14 | F | U | F
                hcall 0xef10 | F
                hcall 0xef18 | F
                """),
    ]
}
