package import FairleadModel
package import FairleadSchema

extension CustomKinds {
    /// All custom kinds at one point in time. Immutable.
    package struct Contents: Sendable {
        package let definitions: [CustomDefinition]
        /// The kinds that requests can reach.
        let served: [GroupVersionResource: Kind]
        /// Also includes versions that are not served, and kinds that are not established.
        package let all: [GroupVersionResource: Kind]

        init(_ definitions: [CustomDefinition] = []) {
            self.definitions = definitions
            var served: [GroupVersionResource: Kind] = [:]
            var all: [GroupVersionResource: Kind] = [:]
            for definition in definitions {
                for version in definition.versions {
                    let custom = Kind.Custom(definition, version)
                    let info = definition.resource(version)
                    let kind = Kind(
                        info: info, strategy: CustomResourceStrategy(custom),
                        columns: TablePrinter(columns: version.columns),
                        readWarnings: version.deprecationWarning.map { [$0] } ?? [], custom: custom)
                    all[info.gvr] = kind
                    if definition.isEstablished, version.isServed { served[info.gvr] = kind }
                }
            }
            self.served = served
            self.all = all
        }

        /// Their entries in discovery: groups by name, versions by priority.
        package var resources: [ResourceInfo] {
            served.values.map(\.info).sorted { left, right in
                if left.gvr.group != right.gvr.group { return left.gvr.group < right.gvr.group }
                if left.gvr.version != right.gvr.version {
                    return VersionOrder.precedes(left.gvr.version, right.gvr.version)
                }
                return left.gvr.resource < right.gvr.resource
            }
        }

        /// Whether the kind is still served under the definition it had when the caller began to use it.
        package func isCurrent(_ kind: Kind) -> Bool {
            guard let custom = kind.custom else { return true }
            return served[kind.info.gvr]?.custom?.definition.identity == custom.definition.identity
        }
    }
}
