import FairleadModel

/// Warnings about volumes: deprecated drivers, overlapping files.
enum VolumeWarnings {
    private static let deprecations = [
        ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
        ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ]
    private static let laterDeprecations = [
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    static func of(_ volumes: [Value], _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for (index, volume) in volumes.enumerated() {
            let here = path.index(index)
            for (field, shown, words) in deprecations where volume[field] != nil {
                warnings.append("\(here.child(shown)): \(words)")
            }
            warnings += PodWarnings.fraction(
                "storage", volume.at("ephemeral", "volumeClaimTemplate", "spec")?.at("resources", "requests"),
                here.child("ephemeral", "volumeClaimTemplate", "spec", "resources", "requests"))
            for (field, words) in laterDeprecations where volume[field] != nil {
                warnings.append("\(here.child(field)): \(words)")
            }
        }
        for volume in volumes where warnings.count < PodWarnings.maximum { warnings += overlaps(volume) }
        return warnings
    }

    // MARK: - Overlapping files

    /// A file of a volume, and its source if the volume can have several.
    private struct File {
        var path: String
        var source = ""

        /// The path without trailing slashes, followed by the source in parentheses.
        var text: String {
            (path.trimming("/")).goQuoted + (source.isEmpty ? "" : " (\(source))")
        }
    }

    private static func overlaps(_ volume: Value) -> [String] {
        let name = volume.text("name").goQuoted
        func files(_ source: Value?, _ from: String = "") -> [File] {
            (source?.items("items") ?? []).map { File(path: $0.text("path"), source: from) }
        }
        var warnings: [String] = []
        if let source = volume["configMap"] {
            warnings += overlaps(files(source), "volume \(name) (ConfigMap \(source.text("name").goQuoted))")
        }
        if let source = volume["secret"] {
            warnings += overlaps(files(source), "volume \(name) (Secret \(source.text("secretName").goQuoted))")
        }
        if let source = volume["downwardAPI"] { warnings += overlaps(files(source), "volume \(name) (DownwardAPI)") }
        guard let projected = volume["projected"] else { return warnings }
        var all: [File] = []
        for source in projected.items("sources") {
            if source.object?.isEmpty ?? true {
                warnings.append("volume \(name) (Projected) has no sources provided")
                continue
            }
            if let map = source["configMap"] { all += files(map, "ConfigMap \(map.text("name").goQuoted)") }
            if let secret = source["secret"] { all += files(secret, "Secret \(secret.text("name").goQuoted)") }
            all += files(source["downwardAPI"], "DownwardAPI")
            if let token = source["serviceAccountToken"] {
                all.append(File(path: token.text("path"), source: "ServiceAccountToken"))
            }
        }
        return warnings + overlaps(all, "volume \(name) (Projected)")
    }

    /// The maximum number of files to compare with each other; the time grows with its square.
    private static let compared = 500

    private static func overlaps(_ files: [File], _ place: String) -> [String] {
        var warnings: [String] = []
        let files = files.prefix(compared)
        for (index, file) in files.enumerated() {
            for other in files.prefix(index) where overlap(file.path.trimming("/"), other.path.trimming("/")) {
                warnings.append("\(place): overlapping paths: \(file.text) with \(other.text)")
                if warnings.count >= PodWarnings.maximum { return warnings }
            }
        }
        return warnings
    }

    /// Whether both paths are the same, or one contains the other.
    private static func overlap(_ one: String, _ two: String) -> Bool {
        if one.isEmpty || two.isEmpty { return false }
        return one == two || one.hasPrefix(two + "/") || two.hasPrefix(one + "/")
    }
}

extension String {
    /// Removes this character from the end.
    fileprivate func trimming(_ character: Character) -> String {
        var rest = self[...]
        while rest.last == character { rest.removeLast() }
        return String(rest)
    }
}
