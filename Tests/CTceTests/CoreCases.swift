// SPDX-License-Identifier: Apache-2.0
import CTceCases
import Testing

/// One case of the C target beside this one, shown by its name and rule.
struct CoreCase: Sendable, CustomTestStringConvertible {
    let index: Int

    static let all = (0..<tce_case_count()).map(CoreCase.init(index:))

    var testDescription: String {
        let name = unsafe tce_case_name(index).map { unsafe String(cString: $0) } ?? "case \(index)"
        let rule = unsafe tce_case_rule(index).map { unsafe String(cString: $0) } ?? ""
        return "\(name): \(rule)"
    }

    /// Where and what failed, or nil.
    func run() -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { message in
            unsafe message.initialize(repeating: 0)
            guard let start = message.baseAddress,
                unsafe tce_case_run(index, start, message.count) != 0
            else { return nil }
            return unsafe String(cString: start)
        }
    }
}

@Suite("The C core, from C")
struct CoreCases {
    @Test("a case holds", arguments: CoreCase.all)
    func passes(_ coreCase: CoreCase) {
        let failure = coreCase.run()
        #expect(failure == nil)
    }

    @Test("there are cases")
    func exist() {
        #expect(!CoreCase.all.isEmpty)
    }
}
