extension ExpressionTable {
    static let collections = #"""
        [1, 2, 3].isSorted() => true
        [2, 1].isSorted() => false
        [].isSorted() => true
        ['a', 'b'].isSorted() => true
        [1, 2, 3].sum() => 6
        [1.5, 2.0].sum() => 3.5
        [1u, 2u].sum() => 3u
        [duration('1s'), duration('2s')].sum() => duration('3s')
        [1].filter(x, x > 1).sum() => 0
        [1.5].filter(x, x > 2.0).sum() => 0.0
        [1u].filter(x, x > 1u).sum() => 0u
        [duration('1s')].filter(x, x > duration('1s')).sum() => duration('0s')
        [9223372036854775807, 1].sum() => ! integer overflow
        ['a'].sum() => ? found no matching overload for 'sum' applied to 'list(string).()'
        [3, 1, 2].min() => 1
        [3, 1, 2].max() => 3
        ['b', 'a'].min() => 'a'
        [1].filter(x, x > 1).min() => ! min called on empty list
        [1].filter(x, x > 1).max() => ! max called on empty list
        [1, 2, 1].indexOf(1) => 0
        [1, 2, 1].lastIndexOf(1) => 2
        [1].indexOf(2) => -1
        [[1], [2]].indexOf([2]) => 1
        [1, 2, 3].slice(1, 2) => [2]
        [1, 2, 3].slice(0, 0) => []
        [1].slice(-1, 0) => ! cannot slice(-1, 0), negative indexes not supported
        [1].slice(1, 0) => ! cannot slice(1, 0), start index must be less than or equal to end index
        [1].slice(0, 2) => ! cannot slice(0, 2), list is length 1
        [[1], [2, 3], []].flatten() => [1, 2, 3]
        [dyn(1), dyn([dyn(2), dyn([3])])].flatten(2) => [1, 2, 3]
        [dyn(1)].flatten(-1) => ! level must be non-negative
        [1, 2, 1, 2].distinct() => [1, 2]
        ['a', 'a'].distinct() => ['a']
        [1, 2, 3].reverse() => [3, 2, 1]
        [3, 1, 2].sort() => [1, 2, 3]
        ['b', 'a'].sort() => ['a', 'b']
        [2.5, 1.5].sort() => [1.5, 2.5]
        lists.range(3) => [0, 1, 2]
        lists.range(0) => []
        [1, 2].first() => optional.of(1)
        [1, 2].last() => optional.of(2)
        [1].filter(x, x > 1).first() => optional.none()
        sets.contains([1, 2, 3], [2, 3]) => true
        sets.contains([1], []) => true
        sets.contains([1], [1, 2]) => false
        sets.contains([], []) => true
        sets.equivalent([1, 2], [2, 1, 1]) => true
        sets.equivalent([1], [1, 2]) => false
        sets.equivalent([], []) => true
        sets.intersects([1, 2], [2, 3]) => true
        sets.intersects([1], [2]) => false
        sets.intersects([], [1]) => false
        sets.contains([1], ['a']) => ? found no matching overload for 'sets.contains' applied to '(list(int), list(string))'
        """#

    static let libraries = #"""
        url('https://user@example.com:8080/a/b?x=1&y=2&x=3').getScheme() => 'https'
        url('https://example.com:8080/a').getHost() => 'example.com:8080'
        url('https://example.com:8080/a').getHostname() => 'example.com'
        url('https://example.com:8080/a').getPort() => '8080'
        url('https://example.com/a').getPort() => ''
        url('https://[::1]:80/a').getHostname() => '::1'
        url('https://example.com/a%20b').getEscapedPath() => '/a%20b'
        url('https://example.com/a b').getEscapedPath() => '/a%20b'
        url('https://example.com').getEscapedPath() => ''
        url('/a?x=1&y=2&x=3').getQuery() => {'x': ['1', '3'], 'y': ['2']}
        url('/a').getQuery() => {}
        url('https://example.com/') == url('https://example.com/') => true
        isURL('https://example.com') => true
        isURL('/path') => true
        isURL('path') => false
        isURL('') => false
        isURL('https://a:x/') => false
        url('path').getHost() => ! URL parse error during conversion from string: parse "path": invalid URI for request
        url('').getHost() => ! URL parse error during conversion from string: parse "": empty url
        ip('192.168.0.1').family() => 4
        ip('::1').family() => 6
        ip('127.0.0.1').isLoopback() => true
        ip('0.0.0.0').isUnspecified() => true
        ip('::').isUnspecified() => true
        ip('224.0.0.1').isLinkLocalMulticast() => true
        ip('169.254.1.1').isLinkLocalUnicast() => true
        ip('fe80::1').isLinkLocalUnicast() => true
        ip('10.0.0.1').isGlobalUnicast() => true
        ip('127.0.0.1').isGlobalUnicast() => false
        ip('127.0.0.1') == ip('127.0.0.1') => true
        string(ip('2001:DB8::1')) => '2001:db8::1'
        ip.isCanonical('2001:db8::1') => true
        ip.isCanonical('2001:DB8::1') => false
        isIP('1.2.3.4') => true
        isIP('1.2.3') => false
        isIP('01.2.3.4') => false
        isIP('::ffff:1.2.3.4') => false
        isIP('fe80::1%eth0') => false
        ip('1.2.3') => ! IP Address "1.2.3" parse error during conversion from string: ParseAddr("1.2.3"): IPv4 address too short
        ip('::ffff:1.2.3.4') => ! IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed
        ip('fe80::1%eth0') => ! IP address "fe80::1%eth0" with zone value is not allowed
        cidr('10.0.0.0/8').containsIP('10.1.2.3') => true
        cidr('10.0.0.0/8').containsIP(ip('11.0.0.0')) => false
        cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') => true
        cidr('10.0.0.0/16').containsCIDR(cidr('10.0.0.0/8')) => false
        cidr('10.0.0.0/8').containsIP('x') => ! IP Address "x" parse error during conversion from string: ParseAddr("x"): unable to parse IP
        string(cidr('10.0.0.1/8').masked()) => '10.0.0.0/8'
        cidr('10.0.0.1/8').ip() == ip('10.0.0.1') => true
        cidr('fd00::/8').prefixLength() => 8
        isCIDR('10.0.0.0/8') => true
        isCIDR('10.0.0.0/33') => false
        isCIDR('10.0.0.0') => false
        string(cidr('10.0.0.0/8')) => '10.0.0.0/8'
        quantity('1Gi') == quantity('1024Mi') => true
        quantity('1k') == quantity('1000') => true
        quantity('50k').isGreaterThan(quantity('1M')) => false
        quantity('50k').isLessThan(quantity('1M')) => true
        quantity('200M').compareTo(quantity('0.2G')) => 0
        quantity('1').compareTo(quantity('2')) => -1
        quantity('2').compareTo(quantity('1')) => 1
        quantity('50k').add(quantity('20')) == quantity('50020') => true
        quantity('50k').sub(20) == quantity('49980') => true
        quantity('50k').asInteger() => 50000
        quantity('50k').isInteger() => true
        quantity('0.5').isInteger() => false
        quantity('0.5').asInteger() => ! cannot convert value to integer
        quantity('1.5').asApproximateFloat() => 1.5
        sign(quantity('-50k')) => -1
        sign(quantity('0')) => 0
        isQuantity('1.3G') => true
        isQuantity('200K') => false
        isQuantity('Three') => false
        semver('1.2.3').major() => 1
        semver('1.2.3').minor() => 2
        semver('1.2.3').patch() => 3
        semver('1.2.3') == semver('1.2.3+build') => true
        semver('1.2.3').isGreaterThan(semver('1.2.3-rc.1')) => true
        semver('1.0.0-alpha').isLessThan(semver('1.0.0-alpha.1')) => true
        semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta')) => true
        semver('1.0.0-beta.2').isLessThan(semver('1.0.0-beta.11')) => true
        semver('1.2.3').compareTo(semver('2.0.0')) => -1
        semver('v1.0', true) == semver('1.0.0') => true
        semver('01.01.01', true) == semver('1.1.1') => true
        isSemver('1.2.3') => true
        isSemver('v1.2.3') => false
        isSemver('1.2') => false
        isSemver('1.2.3-01') => false
        isSemver('v1.2', true) => true
        isSemver('200K') => false
        semver('1.2') => ! No Major.Minor.Patch elements found
        semver('a.b.c') => ! Invalid character(s) found in major number "a"
        semver('01.2.3') => ! Major number must not contain leading zeroes "01"
        semver('1.2.3-01') => ! Numeric PreRelease version must not contain leading zeroes "01"
        format.dns1123Label().validate('my-label') => optional.none()
        format.dns1123Label().validate('My_Label').hasValue() => true
        format.dns1123Subdomain().validate('a.b').hasValue() => false
        format.dns1035Label().validate('1a').hasValue() => true
        format.qualifiedName().validate('example.com/x').hasValue() => false
        format.dns1123LabelPrefix().validate('my-').hasValue() => false
        format.labelValue().validate('a b').hasValue() => true
        format.uri().validate('http://example.com').hasValue() => false
        format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue() => false
        format.uuid().validate('x').value() => ['does not match the UUID format']
        format.byte().validate('aGVsbG8=').hasValue() => false
        format.byte().validate('!').value() => ['invalid base64']
        format.date().validate('2020-01-01').hasValue() => false
        format.date().validate('2020-13-01').value() => ['invalid date']
        format.datetime().validate('2020-01-01T00:00:00Z').hasValue() => false
        format.datetime().validate('x').value() => ['invalid datetime']
        format.named('uuid').hasValue() => true
        format.named('nothing').hasValue() => false
        authorizer.group('apps').resource('deployments').check('get').allowed() => true
        authorizer.group('').resource('secrets').check('get').allowed() => false
        authorizer.group('').resource('secrets').check('get').reason() => 'not for you'
        authorizer.group('apps').resource('deployments').subresource('status').namespace('a').name('b').check('get').allowed() => true
        authorizer.path('/healthz').check('get').allowed() => true
        authorizer.path('/healthz').check('get').errored() => false
        authorizer.path('/healthz').check('get').error() => ''
        authorizer.path('') => ! path must not be empty
        authorizer.group('').resource('') => ! resource must not be empty
        authorizer.serviceAccount('default', 'robot').group('apps').resource('deployments').check('get').allowed() => true
        authorizer.serviceAccount('default', 'robot').path('/healthz').check('get').allowed() => false
        authorizer.check('get') => ? found no matching overload for 'check' applied to 'kubernetes.authorization.Authorizer.(string)'
        """#
}
