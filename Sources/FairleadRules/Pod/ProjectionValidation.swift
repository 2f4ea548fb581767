import FairleadModel

/// The rules for projected volumes: several sources in one directory, without duplicate paths.
struct ProjectionValidation {
    private let path: FieldPath
    private var errors: [FieldError]
    private var taken: Set<ByteText> = []

    package static func errors(_ source: Value, _ path: FieldPath) -> [FieldError] {
        var validation = ProjectionValidation(path: path, errors: VolumeValidation.mode(source, path))
        for (index, projection) in source.items("sources").enumerated() {
            validation.check(projection, path.child("sources").index(index))
        }
        return validation.errors
    }

    private init(path: FieldPath, errors: [FieldError]) {
        self.path = path
        self.errors = errors
    }

    private static let kinds = ["secret", "configMap", "downwardAPI", "serviceAccountToken"]

    private mutating func check(_ projection: Value, _ here: FieldPath) {
        for name in ["secret", "configMap"] {
            guard let part = projection[name] else { continue }
            errors += VolumeValidation.required(["name"], part, here.child(name))
            for (position, entry) in part.items("items").enumerated() {
                errors += VolumeValidation.item(entry, here.child(name, "items").index(position))
                take(entry.text("path"), printed: part.text("name"))
            }
        }
        for file in projection["downwardAPI"]?.items("items") ?? [] {
            errors += VolumeValidation.downwardFile(file, here.child("downwardAPI"))
            take(file.text("path"), printed: file.text("path"))
        }
        if let part = projection["serviceAccountToken"] { token(part, here.child("serviceAccountToken")) }
        if Self.kinds.count(where: { projection[$0] != nil }) > 1 {
            errors.append(.forbidden(here, "may not specify more than 1 volume type per source"))
        }
    }

    /// A path may be used only once, whatever the source; `printed` is what the error shows.
    private mutating func take(_ location: String, printed: String) {
        if location.isEmpty || taken.insert(ByteText(location)).inserted { return }
        errors.append(.invalid(path, .string(printed), "conflicting duplicate paths"))
    }

    /// Kubernetes reports a bad token path at the volume, and allows it to be the path of another file as well.
    private mutating func token(_ source: Value, _ here: FieldPath) {
        let seconds = source.number("expirationSeconds")
        if seconds < 600 {
            errors.append(
                .invalid(
                    here.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 10 minutes"))
        }
        if seconds > 1 << 32 {
            errors.append(
                .invalid(
                    here.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration larger than 2^32 seconds"))
        }
        if source.text("path").isEmpty {
            errors.append(.required(path.child("path")))
        } else {
            errors += VolumeValidation.localPath(source.text("path"), path.child("path"))
        }
    }
}
