// SPDX-License-Identifier: Apache-2.0

// The TCE hcalls on each platform, row by row. A list stands at 0x4000000; memory ends at 0x10000000; 0x80000000 is the
// default window, 0x40000 pages of 4 KiB at 0.

extension EdgeRow {
    static let windowRows = [
        EdgeRow(
            "unknown or removed-window LIOBN",
            table: """
                H_GET_TCE 0x71000000 0 | P
                H_PUT_TCE 0x71000000 0 0x1003 | P
                H_STUFF_TCE 0x71000000 0 0 1 | P
                H_PUT_TCE_INDIRECT 0x71000000 0 0x4000000 1 | P
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 12 20 | 0 0x80000001 0x08000000 0x00000000
                H_PUT_TCE 0x80000001 0x800000000000000 0x1003 | S
                rtas ibm,remove-pe-dma-window 1 0x80000001 | 0
                H_GET_TCE 0x80000001 0x800000000000000 | P
                H_PUT_TCE 0x80000001 0x800000000000000 0x1003 | P
                H_STUFF_TCE 0x80000001 0x800000000000000 0 1 | P
                H_PUT_TCE_INDIRECT 0x80000001 0x800000000000000 0x4000000 1 | P
                """),
        EdgeRow(
            "LIOBN with bits above 31; for INDIRECT negative is the MTT option, which papr has not enabled", "P13",
            table: """
                H_GET_TCE 0x180000000 0 | P
                H_PUT_TCE 0x180000000 0 0x1003 | P
                H_STUFF_TCE 0x180000000 0 0 1 | P
                H_PUT_TCE_INDIRECT 0x180000000 0 0x4000000 1 | P
                H_PUT_TCE_INDIRECT 0x7fffffffffffffff 0 0x4000000 1 | P
                H_PUT_TCE_INDIRECT 0x8000000080000000 0 0x4000000 1 | P | P | F
                H_PUT_TCE_INDIRECT 0xffffffffffffffff 0 0x4000000 1 | P | P | F
                H_PUT_TCE 0xffffffffffffffff 0 0x1003 | P
                H_GET_TCE 0x80000000 0 | 0x0
                """),
        EdgeRow(
            "IOBA not page aligned, in range (all four calls); LoPAR does not say: the page of it, as qemu", "P1",
            table: """
                store 0x4000000 0x3003
                H_PUT_TCE 0x80000000 0x1fff 0x1003 | S | P | S
                H_GET_TCE 0x80000000 0x1000 | 0x1003 | 0x0 | 0x1003
                H_GET_TCE 0x80000000 0x1001 | 0x1003 | P | 0x1003
                H_STUFF_TCE 0x80000000 0x2800 0x2000 1 | S | P | S
                H_GET_TCE 0x80000000 0x2000 | 0x2000 | 0x0 | 0x2000
                H_PUT_TCE_INDIRECT 0x80000000 0x3004 0x4000000 1 | S | P | S
                H_GET_TCE 0x80000000 0x3000 | 0x3003 | 0x0 | 0x3003
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 20 | 0 0x80000001 0x08000000 0x00000000
                H_PUT_TCE 0x80000001 0x800000000011000 0x10003 | S | P | S
                H_PUT_TCE 0x80000001 0x800000000010000 0x20003 | S
                H_GET_TCE 0x80000001 0x80000000001f000 | 0x20003 | P | 0x20003
                """),
        EdgeRow(
            "IOBA below or beyond the window",
            table: """
                H_PUT_TCE 0x80000000 0x3ffff000 0x1003 | S
                H_PUT_TCE 0x80000000 0x40000000 0x1003 | P
                H_GET_TCE 0x80000000 0x40000000 | P
                H_STUFF_TCE 0x80000000 0x40000000 0 1 | P
                H_PUT_TCE_INDIRECT 0x80000000 0x40000000 0x4000000 1 | P
                H_GET_TCE 0x80000000 0xfffffffffffff000 | P
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 24 28 | 0 0x80000001 0x08000000 0x00000000
                H_GET_TCE 0x80000001 0x7ffffffff000000 | P
                H_PUT_TCE 0x80000001 0x7ffffffff000000 0x1000003 | P
                H_STUFF_TCE 0x80000001 0x7ffffffff000000 0 1 | P
                H_PUT_TCE_INDIRECT 0x80000001 0x7ffffffff000000 0x4000000 1 | P
                H_GET_TCE 0x80000001 0x80000000f000000 | 0x0
                H_GET_TCE 0x80000001 0x800000010000000 | P
                """),
    ]

    static let valueRows = [
        EdgeRow(
            "TCE with bits 2-11 set and a permission bit; LoPAR does not say: stored as it is",
            table: """
                H_PUT_TCE 0x80000000 0x1000 0x4000ffd | S
                H_GET_TCE 0x80000000 0x1000 | 0x4000ffd
                store 0x4000000 0x5007 0x6ffe
                H_PUT_TCE_INDIRECT 0x80000000 0x2000 0x4000000 2 | S
                H_GET_TCE 0x80000000 0x2000 | 0x5007
                H_GET_TCE 0x80000000 0x3000 | 0x6ffe
                """),
        EdgeRow(
            "64 KiB window, TCE address only 4 KiB aligned; LoPAR does not say: stored as it is",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 20 | 0 0x80000001 0x08000000 0x00000000
                H_PUT_TCE 0x80000001 0x800000000000000 0x4001003 | S
                H_GET_TCE 0x80000001 0x800000000000000 | 0x4001003
                store 0x4000000 0x5003 0x6001
                H_PUT_TCE_INDIRECT 0x80000001 0x800000000010000 0x4000000 2 | S
                H_GET_TCE 0x80000001 0x800000000010000 | 0x5003
                H_GET_TCE 0x80000001 0x800000000020000 | 0x6001
                """),
        EdgeRow(
            "TCE address outside guest memory, permission set", "P2", "P3", "P4", "P10",
            table: """
                H_PUT_TCE 0x80000000 0x1000 0xffff001 | S
                H_PUT_TCE 0x80000000 0x2000 0x10000001 | S | S | P
                H_GET_TCE 0x80000000 0x2000 | 0x10000001 | 0x10000001 | 0x0
                H_PUT_TCE 0x80000000 0x2000 0xfffffffffffff002 | S | S | P
                H_STUFF_TCE 0x80000000 0x3000 0x10000002 2 | S | P | P
                H_GET_TCE 0x80000000 0x4000 | 0x10000002 | 0x0 | 0x0
                store 0x4000000 0x5003 0x10000003
                H_PUT_TCE_INDIRECT 0x80000000 0x5000 0x4000000 2 | S | S | P
                H_GET_TCE 0x80000000 0x5000 | 0x5003 | 0x5003 | 0x0
                H_GET_TCE 0x80000000 0x6000 | 0x10000003 | 0x10000003 | 0x0
                """),
        EdgeRow(
            "I/O page of which only a part is memory, permission set; LoPAR does not say: not the partition's",
            "P2", "P4", "P6",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 20 | 0 0x80000001 0x08000000 0x00000000
                memory 0xfff1000
                H_PUT_TCE 0x80000001 0x800000000000000 0xffe0003 | S
                H_PUT_TCE 0x80000001 0x800000000010000 0xfff0003 | S | S | P
                store 0x4000000 0xfff0001 0x20000000
                H_PUT_TCE_INDIRECT 0x80000001 0x800000000020000 0x4000000 1 | S | S | P
                H_PUT_TCE_INDIRECT 0x80000001 0x800000000030000 0x4000000 2 | S | P | P
                H_GET_TCE 0x80000001 0x800000000030000 | 0xfff0001 | 0xfff0001 | 0x0
                """),
        EdgeRow(
            "TCE value with no permission bits, any address (in an INDIRECT list kvm looks the address up)", "P6",
            table: """
                H_PUT_TCE 0x80000000 0x1000 0x10000000 | S
                H_PUT_TCE 0x80000000 0x2000 0xfffffffffffffffc | S
                H_GET_TCE 0x80000000 0x2000 | 0xfffffffffffffffc
                H_STUFF_TCE 0x80000000 0x3000 0x8000000000000000 2 | S
                H_GET_TCE 0x80000000 0x4000 | 0x8000000000000000
                store 0x4000000 0x5000 0xffffffc
                H_PUT_TCE_INDIRECT 0x80000000 0x5000 0x4000000 2 | S
                H_GET_TCE 0x80000000 0x6000 | 0xffffffc
                store 0x4000000 0x5003 0x10000000 0x6003
                H_PUT_TCE_INDIRECT 0x80000000 0x7000 0x4000000 3 | S | P | S
                H_GET_TCE 0x80000000 0x7000 | 0x5003
                H_GET_TCE 0x80000000 0x8000 | 0x10000000 | 0x0 | 0x10000000
                H_GET_TCE 0x80000000 0x9000 | 0x6003 | 0x0 | 0x6003
                """),
        EdgeRow(
            "GET of an entry never written; LoPAR leaves it to the OS to initialise: 0",
            table: """
                H_GET_TCE 0x80000000 0 | 0x0
                H_GET_TCE 0x80000000 0x3ffff000 | 0x0
                """),
        EdgeRow(
            "GET of a poisoned entry (control 00, RPN set)",
            table: """
                H_PUT_TCE 0x80000000 0 0xdead000000000ffc | S
                H_GET_TCE 0x80000000 0 | 0xdead000000000ffc
                """),
        EdgeRow(
            "GET of an entry whose page is the partition's no more", "P5",
            table: """
                H_PUT_TCE 0x80000000 0x1000 0x8000003 | S
                H_PUT_TCE 0x80000000 0x2000 0x8000000 | S
                memory 0x8000000
                H_GET_TCE 0x80000000 0x1000 | 0x8000003 | 0x8000003 | PART
                H_GET_TCE 0x80000000 0x2000 | 0x8000000
                memory 0x10000000
                H_GET_TCE 0x80000000 0x1000 | 0x8000003
                """),
    ]
}
