import FairleadModel

/// The rules for seccomp and AppArmor profiles.
enum ProfileValidation {
    private static let types = ["Localhost", "RuntimeDefault", "Unconfined"]

    static func seccomp(_ profile: Value?, _ path: FieldPath) -> [FieldError] {
        guard let profile else { return [] }
        let type = profile.text("type")
        let file = profile["localhostProfile"]?.string
        let here = path.child("localhostProfile")
        var errors: [FieldError] =
            type.isEmpty
            ? [.required(path.child("type"), "type is required when seccompProfile is set")]
            : FieldChecks.oneOf(type, types, path.child("type"))
        if type == "Localhost" {
            errors +=
                file.map { VolumeValidation.descendingPath($0, here) }
                ?? [.required(here, "must be set when seccomp type is Localhost")]
        } else if file != nil {
            errors.append(
                .invalid(
                    here, printed: InternalForm.text(of: profile, as: "Profile"),
                    "can only be set when seccomp type is Localhost"))
        }
        return errors
    }

    /// The maximum length of a path, without the terminating NUL.
    private static let maximumLength = 4095

    static func appArmor(_ profile: Value?, _ path: FieldPath) -> [FieldError] {
        guard let profile else { return [] }
        let name = profile["localhostProfile"]?.string
        let here = path.child("localhostProfile")
        switch profile.text("type") {
        case "Localhost":
            guard let name, !name.isEmpty else {
                return [.required(here, "must be set when AppArmor type is Localhost")]
            }
            var errors: [FieldError] = []
            if name.hasSurroundingWhitespace {
                errors.append(.invalid(here, .string(name), "must not be padded with whitespace"))
            }
            if name.utf8.count > maximumLength { errors.append(.tooLong(here, maximum: maximumLength)) }
            return errors
        case "RuntimeDefault", "Unconfined":
            guard let name else { return [] }
            return [.invalid(here, .string(name), "can only be set when AppArmor type is Localhost")]
        case "": return [.required(path.child("type"), "type is required when appArmorProfile is set")]
        case let other: return FieldChecks.oneOf(other, types, path.child("type"))
        }
    }
}
