// SPDX-License-Identifier: Apache-2.0

extension TimingProfile: CustomStringConvertible {
    /// The effective configuration: one line a parameter, those that are not the default marked.
    public var description: String {
        var table = TextTable(alignsNumbers: false)
        for parameter in TimingParameter.all {
            let value = values[parameter.index]
            var cells = [parameter.key, value.description]
            if let unit = value.unit, unit.isTime, let stored = try? parameter.stored(value, clock: clockMHz) {
                let cycles = parameter.kind == .cost ? stored / TimingParameter.millionths : stored
                cells[1] += " = \(cycles) cycles"
            }
            if value != parameter.standard { cells.append("(default: \(parameter.standard))") }
            table.add(cells)
        }
        return "Timing profile \(name)\(text.isEmpty ? "" : ": \(text)")\n" + table.text
    }
}
