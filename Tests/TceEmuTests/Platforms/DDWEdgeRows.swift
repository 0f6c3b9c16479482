// SPDX-License-Identifier: Apache-2.0

// The DDW RTAS calls on each platform, row by row. Cells of a window that create made: LIOBN, bus address in two.

extension EdgeRow {
    static let ddwRows = [
        EdgeRow(
            "query: cells in the form with 5 and with 6", "P17",
            table: """
                rtas ibm,query-pe-dma-window 5 0 0x8000000 0x20000000 | 0 0x00000001 0x80000000 0x00000107 0x00000000
                rtas ibm,query-pe-dma-window 6 0 0x8000000 0x20000000 | \
                0 0x00000001 0x00000020 0x00000000 0x00000107 0x00000000 | \
                0 0x00000001 0x00000020 0x00000000 0x00000107 0x00000000 | \
                0 0x00000001 0x00000000 0x80000000 0x00000107 0x00000000
                rtas ibm,query-pe-dma-window 4 0 0x8000000 0x20000000 | -3
                rtas ibm,query-pe-dma-window 7 0 0x8000000 0x20000000 | -3
                """),
        EdgeRow(
            "the statuses of a parameter error: wrong numbers of cells, a BUID that no PHB has",
            table: """
                rtas ibm,query-pe-dma-window 5 0 0x8000000 0x20000001 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000001 16 28 | -3
                rtas ibm,create-pe-dma-window 3 0 0x8000000 0x20000000 16 28 | -3
                rtas ibm,remove-pe-dma-window 1 0x71000000 | -3
                rtas ibm,remove-pe-dma-window 2 0x80000000 | -3
                rtas ibm,reset-pe-dma-window 1 0 0x8000000 0x20000001 | -3
                rtas ibm,reset-pe-dma-window 2 0 0x8000000 0x20000000 | -3
                """),
        EdgeRow(
            "both windows removed, default last, then create: the lower LIOBN at bus address 0",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                rtas ibm,remove-pe-dma-window 1 0x80000001 | 0
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                rtas ibm,query-pe-dma-window 5 0 0x8000000 0x20000000 | 0 0x00000002 0x80000000 0x00000107 0x00000000
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000000 0x00000000 0x00000000
                """),
        EdgeRow(
            "the default window removed first: it is back, empty, with the removal of the other",
            table: """
                H_PUT_TCE 0x80000000 0 0x1003 | S
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                H_GET_TCE 0x80000000 0 | P
                rtas ibm,remove-pe-dma-window 1 0x80000001 | 0
                H_GET_TCE 0x80000000 0x3ffff000 | 0x0
                H_GET_TCE 0x80000000 0 | 0x0
                """),
        EdgeRow(
            "last non-default window removed, on the default one's LIOBN: papr looks at the window", "P18",
            table: """
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000000 0x00000000 0x00000000
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                H_GET_TCE 0x80000000 0x3ffff000 | P | P | 0x0
                rtas ibm,query-pe-dma-window 5 0 0x8000000 0x20000000 | \
                0 0x00000002 0x80000000 0x00000107 0x00000000 | 0 0x00000002 0x80000000 0x00000107 0x00000000 | \
                0 0x00000001 0x80000000 0x00000107 0x00000000
                """),
        EdgeRow(
            "two windows that create made, removed in the order of their LIOBNs: the default one is back",
            table: """
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000000 0x00000000 0x00000000
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                rtas ibm,remove-pe-dma-window 1 0x80000001 | 0
                H_GET_TCE 0x80000000 0x3ffff000 | 0x0
                """),
        EdgeRow(
            "two windows that create made, removed in the other order: on papr the default one is back", "P18",
            table: """
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000000 0x00000000 0x00000000
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                rtas ibm,remove-pe-dma-window 1 0x80000001 | 0
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                H_GET_TCE 0x80000000 0x3ffff000 | P | P | 0x0
                """),
        EdgeRow(
            "default removed, 64-bit active, then create: the default's LIOBN, at the 64-bit start again",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                rtas ibm,remove-pe-dma-window 1 0x80000000 | 0
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 12 20 | 0 0x80000000 0x08000000 0x00000000
                H_PUT_TCE 0x80000000 0x800000000000000 0x1003 | S
                H_GET_TCE 0x80000001 0x800000000000000 | 0x0
                """),
        EdgeRow(
            "more windows than available", "P15",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | -1 | -1 | -3
                rtas ibm,query-pe-dma-window 5 0 0x8000000 0x20000000 | 0 0x00000000 0x80000000 0x00000107 0x00000000
                """),
        EdgeRow(
            "more TCEs than the largest block", "P16",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 12 44 | -1 | -1 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 63 | -1 | -1 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 24 0xffffffff | -1 | -1 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 12 40 | 0 0x80000001 0x08000000 0x00000000
                """),
        EdgeRow(
            "page shift of 64 or more, of 0-11, or not offered; a window below a page",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 64 64 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 76 80 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 0xffffffff 0xffffffff | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 0 28 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 11 28 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 34 40 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 15 | -3
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 16 | 0 0x80000001 0x08000000 0x00000000
                """),
        EdgeRow(
            "window with valid TCEs removed; LoPAR asks the caller to clear it first, and we do not look",
            table: """
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                H_PUT_TCE 0x80000001 0x800000000000000 0x10003 | S
                rtas ibm,remove-pe-dma-window 1 0x80000001 | 0
                rtas ibm,create-pe-dma-window 4 0 0x8000000 0x20000000 16 28 | 0 0x80000001 0x08000000 0x00000000
                H_GET_TCE 0x80000001 0x800000000000000 | 0x0
                """),
        EdgeRow(
            "reset by LoPAR's name, in the plural", "P19",
            table: """
                H_PUT_TCE 0x80000000 0 0x1003 | S
                rtas ibm,reset-pe-dma-windows 1 0 0x8000000 0x20000000 | -3 | -3 | 0
                H_GET_TCE 0x80000000 0 | 0x1003 | 0x1003 | 0x0
                rtas ibm,reset-pe-dma-window 1 0 0x8000000 0x20000000 | 0
                H_GET_TCE 0x80000000 0 | 0x0
                rtas ibm,reset-pe-dma-windows 2 0 0x8000000 0x20000000 | -3
                """),
    ]
}
