import { dialableUrls, UrlPicker } from './url-picker.js';

const URLS = dialableUrls(['http://a:1', 'unix://x', 'https://b:2', 'nonsense', 'http://c:3']);

describe('the URLs of a member', () => {
  it('are those that can be dialled', () => {
    expect(URLS.map(({ host }) => host)).toEqual(['a:1', 'b:2', 'c:3']);
  });

  it('are tried in turn, each until it fails', () => {
    const picker = new UrlPicker(URLS);
    const picked = [];
    for (let i = 0; i < 4; i++) {
      const url = picker.pick();
      expect(picker.pick()).toBe(url);
      picked.push(url?.host);
      if (url !== undefined) picker.unreachable(url);
    }
    expect(picked).toEqual(['a:1', 'b:2', 'c:3', 'a:1']);
  });

  it('are not passed over when several requests fail at one', () => {
    const picker = new UrlPicker(URLS);
    const [first] = URLS;
    if (first === undefined) throw new Error('no URL');
    picker.unreachable(first);
    picker.unreachable(first);
    expect(picker.pick()?.host).toBe('b:2');
  });

  it('may be none', () => {
    expect(new UrlPicker([]).pick()).toBeUndefined();
  });
});
