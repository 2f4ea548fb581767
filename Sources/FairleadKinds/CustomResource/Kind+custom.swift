package import FairleadModel
package import FairleadSchema

extension Kind {
    /// A version of a custom kind, as requests about its objects need it.
    package struct Custom: Sendable {
        package let definition: CustomDefinition
        package let version: CustomDefinition.Version

        package init(_ definition: CustomDefinition, _ version: CustomDefinition.Version) {
            self.definition = definition
            self.version = version
        }

        package var kind: String { definition.names.kind }
        package var apiVersion: String { "\(definition.group)/\(version.name)" }

        /// Whether what is stored is what clients of this version are shown.
        package func showsAsStored(_ object: Value) -> Bool {
            !version.hasDefaults && !mayHoldUnknownFields && object.apiVersion == apiVersion
        }

        /// Whether objects may have been stored under another schema.
        private var mayHoldUnknownFields: Bool { definition.identity.generation > 1 || definition.versions.count > 1 }

        /// A stored object in this version. Conversion changes nothing but the apiVersion (strategy `None`): the schema
        /// of the version that the object is stored in gives defaults, and each of the two removes what it does not
        /// know, which may have been stored before the schema was what it is.
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

        /// The object as it is kept: in the version that the definition stores.
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

    /// An object as it is kept: custom ones in the version that their definition stores.
    package func stored(_ object: Value) -> Value { custom?.stored(object) ?? object }
}
