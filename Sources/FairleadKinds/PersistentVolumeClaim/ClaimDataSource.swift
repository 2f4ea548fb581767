import FairleadModel

/// What a claim's volume is populated from: an old field that supports only claims and snapshots, and its newer
/// replacement (KEP-1495). Each is filled in from the other.
enum ClaimDataSource {
    static func normalize(_ claim: inout Value, old: Value?) {
        let hadSource = old?.at("spec", "dataSource") != nil
        let hadReference = old?.at("spec", "dataSourceRef") != nil
        claim.change("spec") { spec in
            // Sources in other namespaces are not supported yet.
            if !(spec.at("dataSourceRef", "namespace")?.string ?? "").isEmpty, !hadReference {
                spec["dataSourceRef"] = nil
            }
            if !hadSource, !hadReference, let source = spec["dataSource"], !isKnown(source) {
                spec["dataSource"] = nil
            }
            if let source = spec["dataSource"], spec["dataSourceRef"] == nil {
                spec["dataSourceRef"] = source
            } else if let reference = spec["dataSourceRef"], spec["dataSource"] == nil,
                (reference["namespace"]?.string ?? "").isEmpty
            {
                var source = reference
                source["namespace"] = nil
                spec["dataSource"] = source
            }
        }
    }

    private static func isKnown(_ source: Value) -> Bool {
        switch (source["kind"]?.string, source["apiGroup"]?.string ?? "") {
        case ("PersistentVolumeClaim", ""), ("VolumeSnapshot", "snapshot.storage.k8s.io"): true
        default: false
        }
    }
}
