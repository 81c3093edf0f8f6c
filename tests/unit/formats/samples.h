/*
 * Small recordings in the vendors' formats, written here: every number is known, so is where it belongs on the mat.
 */
#ifndef FORMATS_SAMPLES_H
#define FORMATS_SAMPLES_H

#define EMED_HEAD                                                                                                   \
    "\n\t\t\t\tPage 1\n\n\tFile: C:\\x\\MPP.dat \tMatrix: 4x6 \n\tSensor area: 0.50 cm\xb2\tTime/picture:20.0 ms\n" \
    "\tMV over frames\n\tSensor size: 0.500x1.000 cm\n"

/* Frame 1 holds 10 and 20 kPa in file row 2, 30 in row 5; frame 2 holds 40. Cells are 5 x 10 mm: 10 kPa are 0.5 N. */
#define EMED                                                                                                \
    EMED_HEAD "\tPict-No.: 1  Force[N]=sum\n\n\t2\t3\tForce\n2\t10.00\t20.00\t1.50\n5\t0.00\t30.00\t1.50\n" \
              "Force\t0.50\t2.50\t3.00\n\f\n" EMED_HEAD                                                     \
              "\tPict-No.: 2  Force[N]=sum\n\n\t2\t3\tForce\n2\t0.00\t40.00\t2.00\n5\t0.00\t0.00\t0.00\n"   \
              "Force\t0.00\t2.00\t2.00\n\f\n"

#define TEKSCAN                                                                                                     \
    "DATA_TYPE MOVIE\nSENSOR_TYPE TEST\nROWS 3\nCOLS 2\nROW_SPACING 10 mm\nCOL_SPACING 0.5 centimeters\n"           \
    "SECONDS_PER_FRAME 0.02\nSATURATION_PRESSURE 510 KPa\nSTART_FRAME 4\nEND_FRAME 5\nUNITS KPa\nASCII_DATA @@\n\n" \
    "Frame 4\nB,10\n20,30\n0,B\n\nFrame 5\nB,0\n0,40\n0,0\n@@\n"

#define FOOTSCAN                                                                                                      \
    "Dynamic Roll off\t\t\n\t\t\nLeft foot data\t\t\n\t\t\nRectangle width\t\t\n3\t\t\nRectangle height\t\t\n2\t\t\n" \
    "\t\t\nFrame 0 (0.00 ms)\t\t\n1.5\t 0.0\t2\n0\t 0.0\t0\n\t\t\nFrame 1 (4.00 ms)\t\t\n0\t0\t0\n0\t8,5\t0\n"

/* Two frames over midnight, 2 rows of 3 sensels of 8 x 10 mm; one frame between them is not in the file. */
#define XSENSOR_HEAD(number, time, average, peak)                                                                \
    "FRAME," number ",,\n,,,\nDate, 2022 Aug 16,,\n,,,\nTime, " time ",,\n,,,\nSENSOR,HX210-LF S1,,\nRows,2,,\n" \
    "Columns,3,,\nSensel Width (cm),0.8,,\nSensel Height (cm),1,,\nAverage Pressure (mmHg)," average ",,\n"      \
    "Peak Pressure (mmHg)," peak ",,\nEst. Load (N),0.64,,\n,,,\nSENSELS,,,\n,,,\n"
#define XSENSOR                                                                                                 \
    "File:,\"C:\\Users\\Jane Doe\\walk.xsn\",,\n,,,\nUnits:,mmHg,,\n,,,\nThreshold:,5,,\n,,,\n" XSENSOR_HEAD(   \
        "7", "23:59:59.990", "20", "30") "0,10,30,,\n,,,\n0,20,0,,\n,,,\nGROUP,1,,\nName,Heel,,\nCells,2,,\n"   \
                                         "Average Pressure (mmHg),99,,\nSENSELS,,,\n5,6,,\n,,,\n" XSENSOR_HEAD( \
                                             "9", "00:00:00.010", "0", "0") "0,0,0,,\n0,0,0,,\n"

/* Two sensors a foot, those of the right foot the other way round; frame 3 is not there. */
#define PEDAR                                                                                                 \
    "file name:  Jane Doe.sol\tdate/time  17.06.23 15.21\nsensor type:  y-1l-2r-pxf \ntotal time [secs]: "    \
    "0.04\ttime per frame [secs]: 0.01000\tscanning rate [Hz]:   100\npressure values in  kPa\n\nmask "       \
    "definition: \nleft insole: 1,2,\nright insole: 2,1,\n\ntime[secs]    \t      1\t      2\t      2\t     " \
    "1\n     0.01000\t 30.000\t  0.000\t  0.000\t 10.000\t\n     0.02000\t  0.000\t 50.000\t 20.000\t  "      \
    "2.500\t\n     0.04000\t  0.000\t  0.000\t  0.000\t  0.000\t\nMVP 1 1 1 1\n"

/* Sensor 1 is 6 mm wide and 8 long at the heel's left, 2 is 10 mm by 12 before it; 12 cells and 30. */
#define PEDAR_LAYOUT "# made for a test\ninsole,Y\nside,left\n\n1,50.0,0,0,6,8\n2,114,0,8,10,8,10,20,0,20 \n"

/* Force, largest pressure and centre of pressure of the left foot, then of the right. */
#define PEDAR_FORCES                                                                                         \
    "file name:  Jane Doe.sol\nsensor type:  y\nforce-time integral: 1 1\n\ntime[secs]\tforce[N]\n\n"        \
    "0.01\t1.500\t30.0\t3.0\t4.0\t0.500\t10.0\t3.0\t4.0\t\n0.02\t5.700\t50.0\t5.0\t14.0\t2.405\t20.0\t5.0\t" \
    "14.0\t\n0.03\t9.000\t0\t0\t0\t9.000\t0\t0\t0\t\n0.04\t0.000\t0.0\t-\t-\t0.000\t0.0\t-\t-\t\n"

/*
 * 2 columns of 5.28 mm and 3 rows of 10.28 mm; the sensor of column 1, row 2 is not there. 24 Hz. Frame 2 has no load and no line; frame 4 had a load and has no line.
 * 10 kPa on 0.542784 cm2 are 0.543 N.
 */
#define PLIANCE                                                                                                       \
    "file name: Jane Doe_1.mat date/time 17.06.23 15.21\nmat type s2160_001\ntotal times [secs]: 0.2 time per frame " \
    "[secs]: 0.04167 scanning rate [Hz]: 24\npressure values in kPa\n\n\nelectrical:\ntime[secs]  1  2  4  5  6\n"    \
    "  0.04167  0.000 10.000  0.000  0.000 20.000\n  0.12500 13.333  0.000  0.000  0.000  0.000\n"                    \
    "  0.20833  0.000  0.000  0.000 30.000  0.000\n  MVP 9.000 9.000 9.000 9.000 9.000\n\n\n"                         \
    " time[secs] force[N]   x[cm]   y[cm]\n\n  0.04167 1.628 0.6 1.9\n  0.08333 0.000 - -\n  0.12500 0.724 0.3 2.6\n" \
    "  0.16667 5.000 0.3 2.6\n  0.20833 1.628 0.8 1.5\n\nx[1] 0.0 0.0 0.0 0.528 0.528\n"                              \
    "x[c]  0.2640  0.2640  0.2640  0.7920  0.7920\ny[c]  2.5700  1.5420  0.5140  1.5420  0.5140\n"                    \
    "area  0.5428  0.5428  0.5428  0.5428  0.5428\n"

/* 3 lines of 2 values under the heel's end first; 8.5 x 8 mm. */
#define PEDCAD                                                                                                         \
    "[General]\r\nDescription=pedcad Importfile\r\nSource=<<zebris>>\r\nUnitDistance=mm\r\nUnitPressure=N/cm2\r\n\r\n" \
    "[Customer]\r\nFirstName=Jane\r\nLastName=Doe\r\n\r\n[Technical]\r\nMaxSensorsX=353\r\nMaxSensorsY=64\r\n"         \
    "StartSensX=71\r\nStartSensY=6\r\nSensCountX=3\r\nSensCountY=2\r\nLDistX=8.5\r\nLDistY=8\r\n\r\n[Data]\r\n"        \
    "-1\t0.5\r\n12.5\t-1\r\n-1\t3.0\r\n"

#endif
