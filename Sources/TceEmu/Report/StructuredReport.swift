// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Any of our results as JSON: keys in alphabetical order, two spaces a level, one newline at the end.
public func jsonReport<Value: Encodable>(_ value: Value) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
}

/// Any of our results as CSV: one line for each number or word, `key,value`, with the keys of the JSON joined by
/// points, in alphabetical order. What there is nothing of has no value.
public func csvReport<Value: Encodable>(_ value: Value) throws -> String {
    let tree = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value), options: [.fragmentsAllowed])
    var lines = ["key,value"]
    flatten(tree, path: "", into: &lines)
    return lines.joined(separator: "\n") + "\n"
}

private func flatten(_ node: Any, path: String, into lines: inout [String]) {
    func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch node {
    case let object as [String: Any]:
        for (key, value) in object.sorted(by: { $0.key < $1.key }) { flatten(value, path: inner(key), into: &lines) }
    case let array as [Any]:
        for (index, value) in array.enumerated() { flatten(value, path: inner(String(index)), into: &lines) }
    case is NSNull: lines.append("\(csvField(path)),")
    case let number as NSNumber where isBoolean(number):
        lines.append("\(csvField(path)),\(number.boolValue)")
    default:
        lines.append("\(csvField(path)),\(csvField("\(node)"))")
    }
}

/// Is the number one of JSON's true and false? Foundation keeps both in an NSNumber, told apart by its C type.
private func isBoolean(_ number: NSNumber) -> Bool {
    unsafe String(cString: number.objCType) == "c"
}

/// A field of a line of CSV, in quotes where it needs them.
func csvField(_ field: String) -> String {
    field.contains { ",\"\n\r".contains($0) } ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
}
