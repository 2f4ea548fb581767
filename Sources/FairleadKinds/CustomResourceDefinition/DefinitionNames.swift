import FairleadModel

/// The rules for the names that a definition gives its kind.
enum DefinitionNames {
    static func errors(of names: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        func label(_ text: String, _ place: FieldPath) {
            let messages = NameRules.dns1035Label(text)
            if !text.isEmpty, !messages.isEmpty {
                errors.append(.invalid(place, .string(text), messages.joined(separator: ",")))
            }
        }
        func kind(_ key: String) {
            let text = names.text(key)
            let messages = NameRules.dns1035Label(text.lowercased())
            if !text.isEmpty, !messages.isEmpty {
                errors.append(
                    .invalid(
                        path.child(key), .string(text),
                        "may have mixed case, but should otherwise match: \(messages.joined(separator: ","))"))
            }
        }
        label(names.text("plural"), path.child("plural"))
        label(names.text("singular"), path.child("singular"))
        kind("kind")
        kind("listKind")
        for (index, name) in names.strings("shortNames").enumerated() {
            label(name, path.child("shortNames").index(index))
        }
        if !names.text("kind").isEmpty, names.text("kind") == names.text("listKind") {
            errors.append(
                .invalid(
                    path.child("listKind"), .string(names.text("listKind")), "kind and listKind may not be the same"))
        }
        for (index, name) in names.strings("categories").enumerated() {
            label(name, path.child("categories").index(index))
        }
        return errors
    }
}
