import FairleadModel

/// A short stable hash of a pod template, the value of `pod-template-hash` and part of ReplicaSet names.
///
/// FNV-1a over the template's canonical JSON, so that equal templates hash alike in every run. Clients must not rely
/// on the value (nor may they with Kubernetes, whose hash changes between versions); only its alphabet is fixed:
/// letters and digits that cannot form words.
enum TemplateHash {
    private static let alphabet: [Character] = Array("bcdfghjklmnpqrstvwxz2456789")

    /// - Parameter collisionCount: raised when the name made of the hash was taken by another template.
    static func compute(_ template: Value, collisionCount: Int64 = 0) -> String {
        var hash: UInt32 = 2_166_136_261
        func mix(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        for byte in template.jsonBytes { mix(byte) }
        if collisionCount > 0 { for byte in String(collisionCount).utf8 { mix(byte) } }
        return String(String(hash).utf8.map { alphabet[Int($0) % alphabet.count] })
    }
}
