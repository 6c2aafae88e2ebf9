namespace Passpack.Health.Reports;

/// <summary>How the page looks: on screens of any width, in the dark, and on paper. Every text has a contrast of 4.5 to 1 or more.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--page:#f4f5f8;--card:#fff;--ink:#1a1d23;--quiet:#555c69;--line:#dce0e7;--track:#e9ecf1;
        --bad:#b3261e;--bad-soft:#fcebea;--warn:#855000;--warn-soft:#fdf0db;--info:#1f5c9e;--info-soft:#e7f0fa;--good:#1b7340;--good-soft:#e4f4ea}
        @media (prefers-color-scheme:dark){:root{--page:#13161b;--card:#1c2026;--ink:#e9ebee;--quiet:#a9b1be;--line:#343a44;--track:#2a2f37;
        --bad:#ff8d84;--bad-soft:#3d1f1d;--warn:#f3b95f;--warn-soft:#382a11;--info:#8dbaf6;--info-soft:#1a2c43;--good:#7fd79d;--good-soft:#17301f}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
        .sheet{max-width:70rem;margin:0 auto;padding:2.5rem clamp(1rem,4vw,2.5rem) 3rem}
        h1{font-size:clamp(1.6rem,4vw,2.1rem);line-height:1.2;letter-spacing:-.015em;margin:0}
        h2{font-size:1.15rem;line-height:1.3;margin:0 0 .25rem}
        p{margin:0}
        .quiet{color:var(--quiet)}
        .small{font-size:.875rem}
        header p{margin-top:.35rem;overflow-wrap:anywhere}
        .card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem clamp(1rem,2.5vw,1.5rem);margin-top:1.25rem}
        .note{border-left:.3rem solid var(--warn);background:var(--warn-soft);border-radius:.5rem;padding:.75rem 1rem;margin-top:1.25rem}
        .lead{display:flex;flex-wrap:wrap;align-items:baseline;gap:.35rem 1rem;margin-top:.6rem}
        .lead strong{font-size:clamp(2.2rem,7vw,3.2rem);line-height:1;letter-spacing:-.03em;font-variant-numeric:tabular-nums}
        .share{display:block;width:100%;height:.75rem;margin:1rem 0 0;border-radius:.375rem}
        .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.75rem;margin:1.25rem 0 0;padding:0;list-style:none}
        .tile{border:1px solid var(--line);border-top:.25rem solid var(--tone,var(--line));border-radius:.5rem;padding:.6rem .8rem .7rem}
        .tile b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums;color:var(--tone,var(--quiet))}
        .tile.none b{color:var(--quiet);font-weight:500}
        .bad{--tone:var(--bad);--soft:var(--bad-soft)}
        .warn{--tone:var(--warn);--soft:var(--warn-soft)}
        .info{--tone:var(--info);--soft:var(--info-soft)}
        .good{--tone:var(--good);--soft:var(--good-soft)}
        .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 1.25rem}
        figure{margin:0}
        figcaption{color:var(--quiet)}
        .plot{display:block;width:100%;max-width:31rem;height:auto;margin-top:.9rem}
        .plot text{font-size:13px;fill:var(--ink);font-variant-numeric:tabular-nums}
        .plot .end{text-anchor:end}
        .track{fill:var(--track)}
        .bar{fill:var(--tone)}
        .wide{overflow-x:auto}
        table{width:100%;border-collapse:collapse;margin-top:.9rem}
        th,td{text-align:left;vertical-align:top;padding:.7rem .75rem .7rem 0;border-top:1px solid var(--line)}
        thead th{border-top:0;color:var(--quiet);font-size:.875rem;font-weight:600;padding-top:0}
        tbody th{font-weight:600;width:34%;overflow-wrap:anywhere}
        tbody th span{display:block;font-weight:400}
        td{overflow-wrap:anywhere;padding-right:0}
        td ul{margin:0;padding:0;list-style:none;display:grid;gap:.4rem}
        td li{display:grid;grid-template-columns:10.5rem 1fr;gap:.1rem .75rem;align-items:baseline}
        .badge{justify-self:start;background:var(--soft);color:var(--tone);border-radius:1rem;padding:.05rem .65rem;font-size:.8125rem;font-weight:600;
        white-space:nowrap}
        .means{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:.9rem 2rem;margin:.9rem 0 0}
        .means dt{font-weight:600}
        .means dd{margin:.1rem 0 0}
        footer{margin-top:1.5rem}
        @media (max-width:44rem){td li{grid-template-columns:1fr}tbody th{width:38%}.sheet{padding-top:1.5rem}}
        @media print{:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--quiet:#444;--line:#bbb;--track:#eee;--bad:#a01b14;--bad-soft:#fff;
        --warn:#744500;--warn-soft:#fff;--info:#184b83;--info-soft:#fff;--good:#145c32;--good-soft:#fff}
        body{font-size:10pt}.sheet{max-width:none;padding:0}.card{border:0;border-radius:0;padding:0;margin-top:1.5rem}
        .note{border:1px solid #744500}.badge{border:1px solid;padding:0 .5rem}
        .bar,.track{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        thead{display:table-header-group}tr,figure,.tile,.means div{break-inside:avoid}h2{break-after:avoid}}
        """;
}
