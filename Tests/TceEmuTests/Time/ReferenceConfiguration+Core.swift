// SPDX-License-Identifier: Apache-2.0
import CTce

extension ReferenceConfiguration {
    /// The configuration that a profile is.
    init(_ c: tce_time_config) {
        self.init()
        clockMHz = c.clock_mhz
        hcallEntry = c.hcall_entry
        hcallReflection = c.hcall_reflection
        hcallExit = c.hcall_exit
        exitToUser = [.never, .always, .kvm][Int(c.exit_to_user)]
        hcallGet = c.hcall_get
        hcallPut = c.hcall_put
        hcallStuff = c.hcall_stuff
        hcallStuffEntry = c.hcall_stuff_entry
        hcallList = c.hcall_list
        hcallListEntry = c.hcall_list_entry
        hcallFirstTouch = c.hcall_first_touch
        isPassthrough = c.passthrough == 1
        passthroughEntry = c.passthrough_entry
        killScope = c.kill_scope == 0 ? .page : .pe
        killIssue = c.kill_issue
        killCompletion = c.kill_completion
        rtasDDW = c.rtas_ddw
        uvCall = c.uv_call
        uvShare = c.uv_share
        uvUnshare = c.uv_unshare
        uvPageOut = c.uv_page_out
        uvPageIn = c.uv_page_in
        pcieRate = c.pcie_rate
        dllpShare = c.dllp_share
        pcieLatency = c.pcie_latency
        writeOverhead = c.write_overhead
        readOverhead = c.read_overhead
        completionOverhead = c.completion_overhead
        maxPayload = c.max_payload
        maxReadRequest = c.max_read_request
        tagsPerDevice = Int(c.tags_per_device)
        tveCycles = c.tve_cycles
        lookupInterval = c.lookup_interval
        cacheEntries = c.cache_entries
        cacheWays = c.cache_ways
        tcesPerLine = c.tces_per_line
        hitCycles = c.hit_cycles
        fetchSlots = Int(c.fetch_slots)
        walkLevels = c.walk_levels
        memoryLatency = c.memory_latency
        vioCopy = c.vio_copy
        assumedBytes = c.assumed_bytes
        assumedIsWrite = c.assumed_direction == 1
        eventsUnderWay = Int(c.events_under_way)
    }

    /// The same for the core.
    var lowered: tce_time_config {
        var c = tce_time_config()
        c.clock_mhz = clockMHz
        c.hcall_entry = hcallEntry
        c.hcall_reflection = hcallReflection
        c.hcall_exit = hcallExit
        c.exit_to_user = exitToUser == .never ? 0 : exitToUser == .always ? 1 : 2
        c.hcall_get = hcallGet
        c.hcall_put = hcallPut
        c.hcall_stuff = hcallStuff
        c.hcall_stuff_entry = hcallStuffEntry
        c.hcall_list = hcallList
        c.hcall_list_entry = hcallListEntry
        c.hcall_first_touch = hcallFirstTouch
        c.passthrough = isPassthrough ? 1 : 0
        c.passthrough_entry = passthroughEntry
        c.kill_scope = killScope == .page ? 0 : 1
        c.kill_issue = killIssue
        c.kill_completion = killCompletion
        c.rtas_ddw = rtasDDW
        c.uv_call = uvCall
        c.uv_share = uvShare
        c.uv_unshare = uvUnshare
        c.uv_page_out = uvPageOut
        c.uv_page_in = uvPageIn
        c.pcie_rate = pcieRate
        c.dllp_share = dllpShare
        c.pcie_latency = pcieLatency
        c.write_overhead = writeOverhead
        c.read_overhead = readOverhead
        c.completion_overhead = completionOverhead
        c.max_payload = maxPayload
        c.max_read_request = maxReadRequest
        c.tags_per_device = UInt64(tagsPerDevice)
        c.tve_cycles = tveCycles
        c.lookup_interval = lookupInterval
        c.cache_entries = cacheEntries
        c.cache_ways = cacheWays
        c.tces_per_line = tcesPerLine
        c.hit_cycles = hitCycles
        c.fetch_slots = UInt64(fetchSlots)
        c.walk_levels = walkLevels
        c.memory_latency = memoryLatency
        c.vio_copy = vioCopy
        c.assumed_bytes = assumedBytes
        c.assumed_direction = assumedIsWrite ? 1 : 0
        c.events_under_way = UInt64(eventsUnderWay)
        return c
    }
}
