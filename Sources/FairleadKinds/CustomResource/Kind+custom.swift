package import FairleadModel
package import FairleadSchema

extension Kind {
    /// A version of a custom kind, with what requests for its objects need.
    package struct Custom: Sendable {
        package let definition: CustomDefinition
        package let version: CustomDefinition.Version

        package init(_ definition: CustomDefinition, _ version: CustomDefinition.Version) {
            self.definition = definition
            self.version = version
        }

        package var kind: String { definition.names.kind }
        package var apiVersion: String { "\(definition.group)/\(version.name)" }

        /// Whether clients of this version are shown the object as it is stored.
        package func showsAsStored(_ object: Value) -> Bool {
            !version.hasDefaults && !mayHoldUnknownFields && object.apiVersion == apiVersion
        }

        /// Whether objects may have been stored under another schema.
        private var mayHoldUnknownFields: Bool { definition.identity.generation > 1 || definition.versions.count > 1 }

        /// A stored object in this version. Conversion changes only the apiVersion (strategy `None`): the schema of the
        /// stored version supplies defaults, and both schemas prune unknown fields, which may have been stored under an
        /// earlier schema.
        package func presented(_ object: Value) -> Value {
            if showsAsStored(object) { return object }
            var result = object
            let stored = object.apiVersion
            if let source = definition.versions.first(where: { "\(definition.group)/\($0.name)" == stored }) {
                if mayHoldUnknownFields { source.schema.prune(&result) }
                if source.hasDefaults { source.schema.applyDefaults(to: &result) }
            }
            if stored != apiVersion { convert(&result, to: version) }
            return result
        }

        /// The object as it is stored: in the definition's storage version.
        func stored(_ object: Value) -> Value {
            guard object.apiVersion != definition.storageAPIVersion,
                let version = definition.versions.first(where: \.isStorage)
            else { return object }
            var result = object
            convert(&result, to: version)
            return result
        }

        private func convert(_ object: inout Value, to version: CustomDefinition.Version) {
            object["apiVersion"] = .string("\(definition.group)/\(version.name)")
            version.schema.prune(&object)
        }
    }
}

extension Kind {
    /// An object as clients of this kind's version see it.
    package func presented(_ object: Value) -> Value { custom?.presented(object) ?? object }

    /// An object as it is stored: custom objects in their definition's storage version.
    package func stored(_ object: Value) -> Value { custom?.stored(object) ?? object }
}
