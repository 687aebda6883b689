import { complaintAboutValue } from './member-value.js';

it.each(['a=http://10.0.0.1:2380', 'a=http://10.0.0.1:2380,a=https://[::1]:2380'])(
  'a member may register as %s',
  (value) => expect(complaintAboutValue(value)).toBeUndefined(),
);

it.each([
  ['', 'a member registers as name=url[,name=url]'],
  ['x', 'a member registers as name=url[,name=url]'],
  ['=http://a:1', 'a member registers as name=url[,name=url]'],
  ['a=http://a:1,b=http://b:1', 'all URLs of a member go by one name'],
  ['a=ftp://a:1', 'URL scheme must be http, https, unix, or unixs: ftp://a:1'],
  ['a=http://a', 'URL address does not have the form "host:port": http://a'],
  [`a=http://${'x'.repeat(4096)}:1`, 'more than 4096 bytes'],
  [Array(17).fill('a=http://a:1').join(','), 'more than 16 URLs'],
])('but not as %j', (value, complaint) => expect(complaintAboutValue(value)).toBe(complaint));
